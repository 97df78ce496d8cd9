/* The probabilities of the classes before and after the step. */
import { make } from "../../../web/dom.js";
import { percent } from "../../../web/format.js";

const buildRow = (name) => {
  const was = make("div", { class: "fill was" }),
    is = make("div", { class: "fill is" }),
    share = make("span", { class: "share" });
  return {
    item: make("li", {}, make("span", {}, name), make("div", { class: "track" }, was, is), share),
    was,
    is,
    share,
  };
};

/* Return what shows the effect of a step in `list`; the rows are built again for other classes. */
export const beforeAndAfter = (list) => {
  let rows = [],
    built = "";
  return ({ label, before, after }, index, names) => {
    if (names.join() !== built) {
      built = names.join();
      rows = names.map(buildRow);
      list.replaceChildren(...rows.map(({ item }) => item));
    }
    rows.forEach(({ item, was, is, share }, digit) => {
      item.classList.toggle("meant", digit === label);
      was.style.transform = `scaleX(${before.probs[digit]})`;
      is.style.transform = `scaleX(${after[index].probs[digit]})`;
      share.textContent = percent(after[index].probs[digit]);
    });
  };
};
