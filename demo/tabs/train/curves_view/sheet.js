/* The figure of the curves: four charts of a training, and their points. */
import { FULL, figure } from "../../../web/figure/figure.js";
import { sign } from "../../../web/figure/keys.js";
import { AGAINST, copyOf, FOR, styled, write } from "../../../web/figure/parts.js";
import { t } from "../../../web/language.js";
import { sentence } from "../../../web/sentences.js";

const WIDTH = FULL / 2 - 10, // units of a chart
  BELOW = 218; // where the second row of charts begins
const STYLE = {
  text: { "font-size": 10, fill: "#555" },
  ".grid": { stroke: "#ddd" },
  polyline: { fill: "none", "stroke-width": 2, "stroke-linejoin": "round" },
  ".train": { stroke: AGAINST },
  ".val": { stroke: FOR },
  circle: { fill: FOR },
  ".mark": { stroke: "#555", "stroke-dasharray": "3 3" },
};

/* A copy of a figure's chart, with its title, at its place in a grid of two columns. */
const chartOf = (drawn, index) => {
  const [x, y] = [(WIDTH + 20) * (index % 2), index < 2 ? 0 : BELOW],
    [title, unit] = drawn.querySelector("figcaption").childNodes;
  return [
    write(x, y + 10, title.textContent, { "font-weight": 600 }),
    write(x + WIDTH, y + 10, unit.textContent, { "font-size": 9, fill: "#333", "text-anchor": "end" }),
    styled(copyOf(drawn.querySelector("svg"), x, y + 18, WIDTH), STYLE),
  ];
};

export const drawSheet = (figures, { message, marks }) =>
  figure({
    title: sentence(message),
    height: BELOW + 134,
    parts: figures.flatMap(chartOf),
    keys: [
      sign(t("training batches"), AGAINST, "line"),
      sign(t("held-out digits, after each epoch"), FOR, "line"),
      ...(marks.length ? [sign(t("a setting was changed"), "#555", "dashes")] : []),
    ],
    notes: marks.map(({ step, text }) => `┆ ${t("step {step}: {change}", { step, change: text })}`),
    model: { name: null },
  });

/* The points of the curves; those of held-out digits have no learning rate and no gradient. */
export const curvesTable = ({ train, val }) => ({
  columns: ["digits", "step", "loss", "accuracy", "learning_rate", "gradient_norm"],
  rows: [
    ...train.map((point) => ["training", ...point]),
    ...val.map(([step, loss, accuracy]) => ["held-out", step, loss, accuracy, "", ""]),
  ],
});
