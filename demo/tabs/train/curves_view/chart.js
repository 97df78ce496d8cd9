/* Four charts of a training over its steps: loss, accuracy, learning rate, norm of the gradient. */
import { svg } from "../../../web/dom.js";
import { plain } from "../../../web/format.js";
import { decimal, t } from "../../../web/language.js";
import { niceTicks } from "./scale.js";

const LEFT = 38,
  RIGHT = 352,
  TOP = 8;
const short = (value) => plain(Number(value.toPrecision(2)));
/* `column` of a point. The axes of loss and accuracy are fixed, so that nothing jumps while the curves grow. */
const CHARTS = {
  loss: { column: 1, bottom: 168, ticks: () => [0, 0.8, 1.6, 2.4], format: (value) => decimal(value, 1) },
  accuracy: { column: 2, bottom: 168, ticks: () => [0, 0.25, 0.5, 0.75, 1], format: (value) => `${100 * value} %` },
  lr: { column: 3, bottom: 98, ticks: (points) => niceTicks(points.map((point) => point[3])), format: short },
  gradient: { column: 4, bottom: 98, ticks: (points) => niceTicks(points.map((point) => point[4])), format: short },
};

export const CHART_NAMES = Object.keys(CHARTS);

const label = (x, y, anchor, text) =>
  svg("text", { x, y, "text-anchor": anchor === "middle" && x > RIGHT - 30 ? "end" : anchor }, String(text));

const yAxis = (ticks, y, format) =>
  ticks.flatMap((tick) => [
    svg("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: y(tick), y2: y(tick) }),
    label(LEFT - 5, y(tick) + 3, "end", format(tick)),
  ]);

const epochLabels = (epochs, x, bottom) => {
  const every = Math.max(1, Math.ceil(epochs / 8)),
    shown = Array.from({ length: Math.floor(epochs / every) }, (_, index) => (index + 1) * every);
  return shown.map((epoch) =>
    label(x(epoch), bottom + 15, "middle", epochs - epoch < every ? t("epoch {n}", { n: epoch }) : epoch),
  );
};

const markLine = ({ step, text }, x, bottom) =>
  svg(
    "line",
    { class: "mark", x1: x(step), x2: x(step), y1: TOP, y2: bottom },
    svg("title", {}, document.createTextNode(t("step {step}: {change}", { step, change: text }))),
  );

/* Draw one of the charts into an <svg>. */
export const drawChart = (chart, name, { train, val, steps, epochs, marks }) => {
  const { column, bottom, format, ticks: ticksOf } = CHARTS[name],
    ticks = ticksOf(train),
    most = ticks.at(-1),
    measured = column < 3 ? val : [];
  const x = (step) => LEFT + ((RIGHT - LEFT) * step) / (steps || 1);
  const y = (value) => bottom - ((bottom - TOP) * Math.min(value, most)) / most;
  const curve = (points, kind) =>
    svg("polyline", {
      class: kind,
      points: points.map((point) => `${x(point[0]).toFixed(1)},${y(point[column]).toFixed(1)}`).join(" "),
    });
  chart.replaceChildren(
    ...yAxis(ticks, y, format),
    ...epochLabels(epochs, (epoch) => x((steps * epoch) / epochs), bottom),
    ...marks.map((mark) => markLine(mark, x, bottom)),
    curve(train, "train"),
    curve(measured, "val"),
    ...measured.map((point) => svg("circle", { cx: x(point[0]), cy: y(point[column]), r: 3 })),
  );
};
