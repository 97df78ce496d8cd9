/* Bars for the classes that the training learns, whichever model reads on the page. */
import { make } from "../../../web/dom.js";
import { percent } from "../../../web/format.js";
import { argmax } from "../../../web/numbers.js";

const buildBar = (name, digit) => {
  const fill = make("div", { class: "fill" }),
    share = make("span", { class: "share" }),
    row = make("li", { "data-digit": digit }, make("span", {}, name), make("div", { class: "track" }, fill), share);
  return { row, fill, share };
};

/* Build bars for `names` in `list`; return what shows probabilities on them. */
export const buildBars = (list, names) => {
  const bars = names.map(buildBar);
  list.replaceChildren(...bars.map(({ row }) => row));
  return (probs) => {
    const best = argmax(probs);
    bars.forEach(({ row, fill, share }, digit) => {
      fill.style.transform = `scaleX(${probs[digit]})`;
      share.textContent = percent(probs[digit]);
      row.classList.toggle("best", digit === best);
    });
  };
};
