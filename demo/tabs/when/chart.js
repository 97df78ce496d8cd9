/* The chart: one band for each digit along the pen's path; together they fill the height. */

import { runningSums } from "../../web/arrays.js";
import { called } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { svg } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { runs } from "./decision.js";

const DARK = "#0b1120";
export const THUMB = 8; // pixels from the slider's end to where its thumb can go; the chart has the same margin

export const words = (x, y, size, fill, text, more = {}) =>
  svg(
    "text",
    {
      x,
      y,
      "font-size": size,
      fill,
      "text-anchor": "middle",
      "dominant-baseline": "central",
      "font-family": "system-ui, sans-serif",
      "pointer-events": "none",
      ...more,
    },
    String(text),
  );

const vertical = (height, attributes) => svg("line", { y1: 0, y2: height, stroke: "#fff", ...attributes });

/* Draw the bands of `probs` (parts, digits); `x` gives a part's place and `y` that of a sum of probabilities. */
const drawBands = (sums, { x, y }) => {
  const all = [...sums.keys()],
    at = (part, sum) => `${x(part).toFixed(1)},${y(sum).toFixed(1)}`;
  return Array.from({ length: sums[0].length - 1 }, (_, digit) => {
    const top = all.map((part) => at(part, sums[part][digit + 1])),
      bottom = [...all].reverse().map((part) => at(part, sums[part][digit]));
    return svg("polygon", {
      fill: digitColour(digit),
      stroke: DARK,
      "stroke-width": 0.6,
      "data-digit": digit,
      points: [...top, ...bottom].join(" "),
    });
  });
};

/* Name the digit of each stretch with one prediction, where there is room. */
const drawLabels = ({ digit: digits, probs }, sums, { x, y }) =>
  runs(digits).map(({ digit, from, to }) => {
    const name = called(digit),
      part = Math.round((from + to) / 2),
      fits = x(to) - x(from) >= 10 * name.length + 2,
      atAnEnd = from === 0 || to === digits.length - 1;
    if (!fits && (name.length > 1 || !atAnEnd)) return "";
    const middle = y(sums[part][digit] + probs[part][digit] / 2);
    return words(x(part), middle, 18, "#000", name, { "font-weight": 800 });
  });

/* Mark the part from which the prediction stays. */
const drawDecision = (place, { width, height }) => {
  const right = place > width - 90;
  return [
    vertical(height, { x1: place, x2: place, stroke: DARK, "stroke-width": 4 }),
    vertical(height, { x1: place, x2: place, "stroke-width": 1.6, "stroke-dasharray": "5 4", class: "decided" }),
    words(place + (right ? -6 : 6), 14, 13, "#fff", t("decided"), {
      "text-anchor": right ? "end" : "start",
      "font-weight": 700,
      stroke: DARK,
      "stroke-width": 4,
      "paint-order": "stroke",
    }),
  ];
};

const sizeOf = ({ clientWidth, clientHeight }) => ({ width: clientWidth || 800, height: clientHeight || 190 });

/* Draw the chart of `parts` into `holder`, as large as it is or of a `size`. Returns its size, `moveTo(part)` and
   `singleOut(digit)`, null for none. */
export const drawChart = (holder, parts, size = sizeOf(holder)) => {
  const sums = parts.probs.map(runningSums);
  const scale = {
    x: (part) => THUMB + parts.share[part] * (size.width - 2 * THUMB),
    y: (sum) => size.height * (1 - Math.min(sum, 1)),
  };
  const bands = drawBands(sums, scale),
    first = scale.x(0),
    head = svg(
      "g",
      {},
      vertical(size.height, { stroke: DARK, "stroke-width": 5 }),
      vertical(size.height, { "stroke-width": 2.4 }),
    );
  const early =
    first - THUMB > 110 ? [words((THUMB + first) / 2, size.height / 2, 12, "#cbd5e1", t("nothing to read yet"))] : [];
  const label = t("Probability of each digit along the pen's path");
  holder.replaceChildren(
    svg(
      "svg",
      {
        viewBox: `0 0 ${size.width} ${size.height}`,
        xmlns: "http://www.w3.org/2000/svg",
        role: "img",
        "aria-label": label,
      },
      svg("rect", { ...size, fill: DARK }),
      ...bands,
      ...drawLabels(parts, sums, scale),
      ...early,
      ...drawDecision(scale.x(parts.settled), size),
      head,
    ),
  );
  return {
    ...size,
    moveTo: (part) => head.setAttribute("transform", `translate(${scale.x(part)} 0)`),
    singleOut: (digit) => {
      for (const [of, band] of bands.entries())
        band.setAttribute("fill-opacity", digit === null || digit === of ? 1 : 0.25);
    },
  };
};
