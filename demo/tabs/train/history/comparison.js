/* How a model reads the drawing, to stand next to another one. */
import { unpack } from "../../../web/arrays.js";
import { make } from "../../../web/dom.js";
import { percent } from "../../../web/format.js";
import { t } from "../../../web/language.js";
import { colourAttention } from "../../../web/patch_map.js";

const barRow = (name, prob, best) => {
  const fill = make("div", { class: "fill" });
  fill.style.transform = `scaleX(${prob})`;
  return make(
    "li",
    { class: best ? "best" : "" },
    make("span", {}, name),
    make("div", { class: "track" }, fill),
    make("span", {}, percent(prob)),
  );
};

export const readingColumn = ({ probs, digit, names, attention }, name, image) => {
  const rows = probs.map((prob, index) => barRow(names[index], prob, index === digit)),
    map = make("div", { class: "map" });
  colourAttention(map, image, unpack(attention));
  return make(
    "div",
    {},
    make("h5", {}, t("{model} reads {digit}", { model: name, digit: names[digit] })),
    make("ol", { class: "bars", "aria-label": t("Probability of each class") }, ...rows),
    map,
  );
};
