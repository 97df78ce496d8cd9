/* The probability of each class at a step. */
import { eachClass } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";

/* Returns what shows the probabilities, with the class that is read and the one that is wanted. */
export const stepBars = (holder) => {
  const rows = eachClass(holder, (_, name) => {
    const fill = make("div", { class: "fill" }),
      share = make("span", { class: "share" });
    const node = make("li", {}, make("span", {}, name), make("div", { class: "track" }, fill), share);
    return { node, fill, share };
  });
  return (probs, best) =>
    rows.forEach(({ node, fill, share }, digit) => {
      fill.style.transform = `scaleX(${probs[digit]})`;
      share.textContent = percent(probs[digit]);
      node.classList.toggle("best", digit === best);
    });
};
