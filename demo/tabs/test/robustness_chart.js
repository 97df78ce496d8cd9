/* The robustness charts: the accuracy on digits that are changed by rising amounts, one chart for each way. */
import { svg } from "../../web/dom.js";
import { decimal, t } from "../../web/language.js";
import { BAD, chart, GOOD, picture, setAll, text } from "./drawing.js";

const WIDTH = 230,
  HEIGHT = 176,
  LEFT = 36,
  RIGHT = 10,
  TOP = 22,
  BOTTOM = 52; // units of the drawing, with its margins
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };

/* The scale of a way's amounts: from their number to x. */
const scaleOf = ({ amounts }) => {
  const range = amounts.at(-1) - amounts[0];
  return (at) => LEFT + ((WIDTH - LEFT - RIGHT) * (amounts[at] - amounts[0])) / range;
};
const height = (share) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;

/* Without colour too, the lines differ: one is solid with dots, the other dashed with squares. */
const curve = (x, shares, other) => [
  svg("polyline", {
    points: shares.map((share, at) => `${x(at).toFixed(1)},${height(share).toFixed(1)}`).join(" "),
    fill: "none",
    stroke: other ? GOOD : BAD,
    "stroke-width": 2,
    "stroke-linejoin": "round",
    ...(other ? { "stroke-dasharray": "5 3" } : {}),
  }),
  ...shares.map((share, at) =>
    other
      ? svg("rect", { x: x(at) - 2, y: height(share) - 2, width: 4, height: 4, fill: GOOD })
      : svg("circle", { cx: x(at), cy: height(share), r: 2.4, fill: BAD }),
  ),
];

const gridLines = (share) => [
  svg("line", {
    x1: LEFT,
    x2: WIDTH - RIGHT,
    y1: height(share),
    y2: height(share),
    stroke: "currentColor",
    "stroke-opacity": 0.18,
  }),
  text(14, height(share), `${100 * share} %`),
];

/* An amount, which has one decimal at most. */
export const amountText = (amount) => (Number.isInteger(amount) ? String(amount) : decimal(amount, 1));

/* Some of the amounts, each with a digit that is changed by as much; `first` is the digit of the first amount. */
const examples = (x, { amounts }, first, paintExample) => {
  const last = amounts.length - 1,
    parts = last % 4 ? 3 : 4;
  const marks = Array.from({ length: parts + 1 }, (_, part) => Math.round((part * last) / parts));
  return marks.flatMap((at) => [
    picture(paintExample, first + at, {
      x: Math.min(Math.max(x(at) - 12, 0), WIDTH - 24),
      y: HEIGHT - BOTTOM + 14,
      width: 24,
      height: 24,
    }),
    text(Math.min(x(at), WIDTH - 10), HEIGHT - BOTTOM + 7, amountText(amounts[at])),
  ]);
};

const draw = (x, way, { mine, other, first, paintExample }) =>
  chart(
    WIDTH,
    HEIGHT,
    t(way.title),
    text(2, 9, t(way.title), { "text-anchor": "start", "font-size": 11, "font-weight": 700 }),
    text(WIDTH / 2, HEIGHT - 6, t(way.unit)),
    ...[0, 0.5, 1].flatMap(gridLines),
    ...(other ? curve(x, other, true) : []),
    ...curve(x, mine, false),
    ...examples(x, way, first, paintExample),
    svg("line", {
      y1: TOP,
      y2: height(0),
      stroke: "currentColor",
      "stroke-width": 1,
      visibility: "hidden",
      "data-here": "",
    }),
  );

/* A chart that is a slider over the amounts: `point(at)` is called for the amount under the pointer or the keys and
   returns it in words. `curves` are the accuracies: `mine`, and `other` of the model that it is compared with. */
export const robustnessChart = (way, curves, point) => {
  const x = scaleOf(way),
    last = way.amounts.length - 1,
    drawn = draw(x, way, curves);
  let now = way.amounts.indexOf(way.unchanged);
  const go = (to) => {
    now = Math.min(Math.max(to, 0), last);
    for (const here of drawn.parentNode.querySelectorAll("[data-here]")) here.setAttribute("visibility", "hidden");
    setAll(drawn.querySelector("[data-here]"), { x1: x(now), x2: x(now), visibility: "visible" });
    setAll(drawn, { "aria-valuenow": now, "aria-valuetext": point(now) });
  };
  setAll(drawn, {
    role: "slider",
    tabindex: 0,
    "aria-valuemin": 0,
    "aria-valuemax": last,
    "aria-valuenow": now,
    "data-way": way.name,
  });
  drawn.addEventListener("pointermove", ({ clientX }) => {
    const box = drawn.getBoundingClientRect(),
      at = ((clientX - box.left) / box.width) * WIDTH,
      distance = (index) => Math.abs(x(index) - at);
    go(way.amounts.reduce((best, _, index) => (distance(index) < distance(best) ? index : best), 0));
  });
  drawn.addEventListener("focus", () => go(now));
  drawn.addEventListener("keydown", (event) => {
    if (!KEYS[event.key]) return;
    event.preventDefault();
    go(now + KEYS[event.key]);
  });
  return drawn;
};
