/* The accuracy of the three networks as curves. */
import { svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { grouped, t } from "../../web/language.js";
import { NAMES } from "./words.js";

export const HIGH = 220; // units, the chart's height
const LEFT = 40, // room for the numbers beside it, ...
  RIGHT = 44, // ... for the names ...
  LOW = 36, // ... and for what stands below
  NAME = 15; // least distance between two names
const COLUMN = { step: 0, seconds: 1 };
const LINES = [0, 0.25, 0.5, 0.75, 1];

const write = (x, y, text, attributes = {}) => svg("text", { x, y, ...attributes }, text);

/* Heights for the names beside the ends of the curves, so that none lies on another. */
export const apart = (heights, least = NAME) => {
  const order = heights.map((_, index) => index).sort((one, other) => heights[one] - heights[other]),
    placed = [...heights];
  for (const [rank, index] of order.entries())
    if (rank) placed[index] = Math.max(placed[index], placed[order[rank - 1]] + least);
  return placed;
};

/* `axis` is "step" or "seconds"; `wide` is in pixels. */
export const chart = (wide, networks, axis) => {
  const column = COLUMN[axis],
    most = Math.max(1, ...networks.map(({ points }) => points.at(-1)[column]));
  const x = (value) => LEFT + (wide - LEFT - RIGHT) * (value / most),
    y = (share) => 10 + (HIGH - 10 - LOW) * (1 - share);
  const grid = LINES.map((share) => [
    svg("line", { class: "grid", x1: LEFT, x2: wide - RIGHT, y1: y(share), y2: y(share) }),
    write(LEFT - 6, y(share) + 4, String(100 * share), { "text-anchor": "end" }),
  ]);
  const heights = apart(networks.map(({ points }) => y(points.at(-1)[2]) + 4));
  const curves = networks.map(({ name, points }, index) => {
    const d = points.map((point, at) => `${at ? "L" : "M"}${x(point[column]).toFixed(1)} ${y(point[2]).toFixed(1)}`);
    return svg(
      "g",
      { "data-network": name },
      svg("path", { d: d.join("") }),
      write(Math.min(x(points.at(-1)[column]) + 6, wide - RIGHT + 6), heights[index], NAMES[name], { class: "name" }),
    );
  });
  const title = axis === "step" ? t("steps") : t("seconds of its own training");
  const label = networks.map(({ name, points }) => `${NAMES[name]} ${percent(points.at(-1)[2])}`).join(", ");
  return svg(
    "svg",
    { viewBox: `0 0 ${wide} ${HIGH}`, role: "img", "aria-label": t("Accuracy: {list}", { list: label }) },
    ...grid.flat(),
    write(LEFT, HIGH - 20, "0"),
    write(wide - RIGHT, HIGH - 20, grouped(Math.round(most)), { "text-anchor": "end" }),
    write((LEFT + wide - RIGHT) / 2, HIGH - 4, t("% right, by {axis}", { axis: title }), { "text-anchor": "middle" }),
    ...curves,
  );
};
