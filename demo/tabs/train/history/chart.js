/* The accuracy of several trainings in one chart: epochs across, accuracy up. */
import { svg } from "../../../web/dom.js";
import { plain } from "../../../web/format.js";
import { t } from "../../../web/language.js";

const LEFT = 48,
  RIGHT = 712,
  TOP = 10,
  BOTTOM = 176;

/* The start of the accuracy axis: the highest that cuts off no point. */
const axisStart = (accuracies) =>
  accuracies.length
    ? [0.98, 0.96, 0.92, 0.8, 0.6, 0].find((start) => accuracies.every((accuracy) => accuracy >= start))
    : 0;

const label = (x, y, anchor, text) => svg("text", { x, y, "text-anchor": anchor }, text);

const accuracyAxis = (start, y) =>
  [0, 1, 2, 3, 4]
    .map((index) => start + ((1 - start) * index) / 4)
    .flatMap((tick) => [
      svg("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: y(tick), y2: y(tick) }),
      label(LEFT - 5, y(tick) + 4, "end", `${plain(Number((100 * tick).toFixed(1)))} %`),
    ]);

const epochAxis = (epochs, x) => {
  const every = Math.max(1, Math.ceil(epochs / 10));
  return Array.from({ length: Math.floor(epochs / every) }, (_, index) => {
    const epoch = (index + 1) * every;
    return label(x(epoch), BOTTOM + 16, index ? "end" : "middle", index ? String(epoch) : t("epoch {n}", { n: epoch }));
  });
};

/* Dashed: on the training batches. With dots: on the held-out digits. */
const curves = ({ train, val, steps, epochs }, colour, x, y) => {
  const place = ([step, , accuracy]) => [x((epochs * step) / steps).toFixed(1), y(accuracy).toFixed(1)];
  return [
    svg("polyline", { class: "train", stroke: colour, points: train.map(place).join(" ") }),
    svg("polyline", { stroke: colour, points: val.map(place).join(" ") }),
    ...val.map(place).map(([cx, cy]) => svg("circle", { cx, cy, r: 3, fill: colour })),
  ];
};

/* Draw trainings, `[{ training, colour }]`, into an <svg>. */
export const drawChart = (chart, runs) => {
  const epochs = Math.max(1, ...runs.map(({ training }) => training.epochs)),
    start = axisStart(runs.flatMap(({ training }) => training.val.map(([, , accuracy]) => accuracy)));
  const x = (epoch) => LEFT + ((RIGHT - LEFT) * epoch) / epochs;
  const y = (accuracy) => BOTTOM - ((BOTTOM - TOP) * Math.max(0, accuracy - start)) / (1 - start);
  chart.replaceChildren(
    ...accuracyAxis(start, y),
    ...epochAxis(epochs, x),
    ...runs.flatMap(({ training, colour }) => curves(training, colour, x, y)),
  );
};
