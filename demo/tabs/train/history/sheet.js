/* The figure of all trainings: their accuracies in one chart, and the points. */
import { FULL, figure } from "../../../web/figure/figure.js";
import { sign } from "../../../web/figure/keys.js";
import { copyOf, styled } from "../../../web/figure/parts.js";
import { t } from "../../../web/language.js";
import { sentence } from "../../../web/sentences.js";
import { figures } from "./card.js";

const STYLE = {
  text: { "font-size": 11, fill: "#555" },
  ".grid": { stroke: "#ddd" },
  polyline: { fill: "none", "stroke-width": 2, "stroke-linejoin": "round" },
  ".train": { "stroke-dasharray": "4 3", "stroke-width": 1.2 },
};

const described = ({ name, training }) =>
  `${name}: ${[figures(training), sentence(training.recipe)].filter(Boolean).join(" · ")}`;

/* `runs` are [{ name, colour, training }]. */
export const historyFigure = (chart, runs) =>
  figure({
    title: t("Accuracy on held-out digits"),
    lines: [t("After each epoch; dashed: on the training batches.")],
    height: (FULL * 200) / 720,
    parts: [styled(copyOf(chart, 0, 0, FULL), STYLE)],
    keys: runs.map(({ name, colour }) => sign(name, colour, "line")),
    notes: runs.map(described),
    model: { name: null },
  });

export const historyTable = (runs) => ({
  columns: ["training", "digits", "step", "epoch", "loss", "accuracy"],
  rows: runs.flatMap(({ name, training: { train, val, steps, epochs } }) =>
    Object.entries({ training: train, "held-out": val }).flatMap(([digits, points]) =>
      points.map(([step, loss, accuracy]) => [name, digits, step, (epochs * step) / steps, loss, accuracy]),
    ),
  ),
});
