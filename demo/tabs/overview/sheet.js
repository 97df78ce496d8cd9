/* The picture as a figure to take along. */

import { headWeights } from "../../web/attention_weights.js";
import { figure } from "../../web/figure/figure.js";
import { copyOf } from "../../web/figure/parts.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { lensAt } from "./values.js";

const HOW = t(
  "Orange flows are as thick as the attention of the answering token for each patch (mean of the heads); its line is " +
    "as thick as the probability of the answer that the head would read after each layer. Each head's map has its " +
    "own " +
    "scale. The strips show the first 24 numbers of each vector, blue below zero and orange above.",
);

/* The drawn picture `root`, with what was read. */
export const sheet = ({ layout: { width, height }, parts: { root } }, { model, digit, probs }) =>
  figure({
    title: t("How a vision transformer reads a drawing: {digit}, {share}", {
      digit: model.names[digit],
      share: percent(probs[digit]),
    }),
    width,
    height,
    parts: [copyOf(root, 0, 0, width, height)],
    notes: [HOW],
    model,
  });

/* The attention of all heads and the probabilities after each layer, one number a row. */
export const data = ({ model, looks, lens, probs }) => {
  const rows = [];
  for (let layer = 0; layer < model.depth; layer++)
    for (let head = 0; head < model.num_heads; head++)
      for (const [token, share] of headWeights(looks, layer, head).entries())
        rows.push(["attention", layer + 1, head + 1, token || "cls", share]);
  for (let step = 0; step <= model.depth; step++)
    for (const [digit, share] of (step < model.depth ? lensAt(lens, step) : probs).entries())
      rows.push(["probability", step, "", model.names[digit], share]);
  return { columns: ["what", "layer", "head", "of", "share"], rows };
};
