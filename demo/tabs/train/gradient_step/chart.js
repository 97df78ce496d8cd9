/* The loss on the drawing, and how many other digits stay right, over the learning rate. */
import { svg } from "../../../web/dom.js";
import { plain } from "../../../web/format.js";
import { t } from "../../../web/language.js";
import { number } from "./words.js";

export const [FALLS, RISES] = ["#ef7d1a", "#2f7de1"];
const WIDTH = 420,
  HEIGHT = 210,
  LEFT = 36,
  RIGHT = WIDTH - 46,
  TOP = 14,
  BOTTOM = HEIGHT - 34;
const FONT = { "font-family": "system-ui, sans-serif", "font-size": 12, fill: "currentColor" };

const text = (x, y, words, attributes = {}) =>
  svg("text", { x, y, ...FONT, "text-anchor": "middle", ...attributes }, String(words));

const x = (index, { rates }) => LEFT + ((RIGHT - LEFT) * index) / (rates.length - 1);
const y = (share) => BOTTOM - (BOTTOM - TOP) * Math.min(Math.max(share, 0), 1);

/* The end of the loss axis: twice the loss before, or that of guessing. An exploding loss would press all others flat;
   it stands at the top, as a hollow dot. */
const maxLoss = ({ before }) => Math.max(2 * before.loss, Math.log(before.probs.length));
const lossY = (loss, effect) => y(loss === null ? 1 : loss / maxLoss(effect));

const horizontal = (height, attributes) =>
  svg("line", { x1: LEFT, x2: RIGHT, y1: height, y2: height, stroke: "currentColor", ...attributes });

const axes = (effect) =>
  [0, 0.5, 1].flatMap((share) => [
    horizontal(y(share), { "stroke-opacity": 0.15 }),
    text(LEFT - 5, y(share) + 4, number(share * maxLoss(effect)), { "text-anchor": "end" }),
    ...(effect.others
      ? [text(RIGHT + 5, y(share) + 4, `${100 * share} %`, { "text-anchor": "start", fill: RISES })]
      : []),
  ]);

/* Labels for the powers of ten among the rates. */
const decades = (effect) => {
  const [first, last] = [effect.rates[0], effect.rates.at(-1)].map(Math.log10),
    labels = [];
  for (let power = Math.ceil(first - 0.01); power <= last + 0.01; power++) {
    const index = ((power - first) / (last - first)) * (effect.rates.length - 1);
    labels.push(text(x(index, effect), HEIGHT - 18, plain(Number((10 ** power).toPrecision(1)))));
  }
  return labels;
};

const lossBefore = (effect) => {
  const height = lossY(effect.before.loss, effect);
  return [
    horizontal(height, { "stroke-opacity": 0.7, "stroke-dasharray": "2 3" }),
    text(RIGHT - 4, height - 5, t("loss before"), { "text-anchor": "end" }),
  ];
};

const line = (heights, effect, attributes) =>
  svg("polyline", {
    points: heights.map((height, index) => `${x(index, effect).toFixed(1)},${height.toFixed(1)}`).join(" "),
    fill: "none",
    "stroke-width": 2,
    "stroke-linejoin": "round",
    ...attributes,
  });

/* The curves differ without colour too: this one is solid with dots, the other one dashed with squares. */
const lossCurve = (effect) => {
  const heights = effect.after.map(({ loss }) => lossY(loss, effect));
  const dot = (height, index) => {
    const above = (effect.after[index].loss ?? Infinity) > maxLoss(effect);
    return svg("circle", { cx: x(index, effect), cy: height, r: 3, stroke: FALLS, fill: above ? "#fff" : FALLS });
  };
  return [line(heights, effect, { stroke: FALLS }), ...heights.map(dot)];
};

const othersCurve = (effect) => {
  const heights = effect.others.after.map((right) => y(right / effect.others.of));
  const square = (height, index) =>
    svg("rect", { x: x(index, effect) - 2.5, y: height - 2.5, width: 5, height: 5, fill: RISES });
  return [line(heights, effect, { stroke: RISES, "stroke-dasharray": "5 3" }), ...heights.map(square)];
};

export const drawChart = (holder, effect) => {
  const cursor = { class: "cursor", y1: TOP, y2: y(0), stroke: "currentColor", "stroke-width": 1.5 };
  holder.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, xmlns: "http://www.w3.org/2000/svg", "aria-hidden": "true" },
      ...axes(effect),
      ...decades(effect),
      ...lossBefore(effect),
      svg("line", cursor),
      ...(effect.others ? othersCurve(effect) : []),
      ...lossCurve(effect),
      text(WIDTH / 2, HEIGHT - 3, "", { class: "chosen", "font-weight": 600 }),
    ),
  );
};

/* Show which rate is chosen. */
export const moveCursor = (holder, effect, index) => {
  for (const name of ["x1", "x2"]) holder.querySelector(".cursor").setAttribute(name, x(index, effect));
  holder.querySelector(".chosen").textContent = t("learning rate {rate}", {
    rate: plain(effect.rates[index]),
  });
};

/* The index of the rate next to a pointer. */
export const rateAt = (holder, effect, clientX) => {
  const box = holder.getBoundingClientRect(),
    at = ((clientX - box.left) / box.width) * WIDTH,
    distance = (index) => Math.abs(x(index, effect) - at);
  return effect.rates.reduce((best, _, index) => (distance(index) < distance(best) ? index : best), 0);
};
