/* The figure and the table of Smallest change. */
import { called } from "../../web/class_names.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { sign } from "../../web/figure/keys.js";
import { bars, fitted, imageOf } from "../../web/figure/parts.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { ADDED, REMOVED } from "./picture.js";
import { comparedText, stepText, summaryText } from "./words.js";

const SIDE = 200, // units of an image
  TOP = 18,
  RIGHT = 2 * (SIDE + 18); // where the bars begin
const BOLD = { "font-size": 10.5, "font-weight": 600 };

/* The change at a step, beside its probabilities; the canvases are those of the page. */
export const smallestFigure = ({ answer, step, overlay, result, model }) => {
  const probs = answer.probs[step],
    rows = probs.map((value, index) => ({
      ...{ name: called(index), value, text: percent(value), best: index === answer.digit[step] },
    }));
  const titles = [t("The change"), t("What the model gets"), t("Probability")];
  return figure({
    title: summaryText(answer),
    lines: [stepText(answer, step)],
    height: TOP + Math.max(SIDE, 20 * probs.length),
    parts: [
      ...titles.map((title, at) => fitted(at * (SIDE + 18), 10, title, SIDE, BOLD)),
      imageOf(overlay, 0, TOP, SIDE),
      imageOf(result, SIDE + 18, TOP, SIDE),
      ...bars(rows, { x: RIGHT, y: TOP, width: FULL - RIGHT, step: 20 }),
    ],
    keys: [sign(t("ink added"), ADDED), sign(t("ink removed"), REMOVED)],
    notes: [comparedText(answer)].filter(Boolean),
    model,
  });
};

const totals = (before, now) => {
  let added = 0,
    removed = 0;
  for (let at = 0; at < now.length; at++) {
    added += Math.max(0, now[at] - before[at]);
    removed += Math.max(0, before[at] - now[at]);
  }
  return [added, removed];
};

/* What is read after each step, and the ink that is added and removed so far. */
export const smallestTable = ({ images, probs, digit, in_distribution: known }) => ({
  columns: [
    ...["step", "ink_added", "ink_removed", "predicted", "in_distribution"],
    ...probs[0].map((_, index) => `probability_of_${called(index)}`),
  ],
  rows: probs.map((row, step) => [
    ...[step, ...totals(images[0], images[step]), called(digit[step]), known[step]],
    ...row,
  ]),
});
