/* The figure of tab "Teach": the outcome of a lesson, and its numbers. */
import { svg } from "../../web/dom.js";
import { figure } from "../../web/figure/figure.js";
import { sign } from "../../web/figure/keys.js";
import { BEFORE, bars, FOR, write } from "../../web/figure/parts.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";

const WIDTH = 400, // units of the bars
  DIGITS = 240; // where the test digits begin

const changedDigit = (figure, index, top) => {
  const [x, y] = [56 * (index % 12), top + 82 * Math.floor(index / 12)],
    lines = [...figure.querySelector("figcaption").childNodes].filter((node) => node.data),
    href = figure.querySelector("canvas").toDataURL();
  return [
    svg("image", { href, x: x + 8, y, width: 40, height: 40, style: "image-rendering: pixelated" }),
    ...lines.map(({ data }, row) =>
      write(x + 28, y + 54 + 14 * row, data, { "text-anchor": "middle", "font-size": 9.5 }),
    ),
  ];
};

/* Draw what the page shows, with the drawing's probabilities. */
export const teachFigure = (find, { before, after }) => {
  const digits = [...find(".changed").children];
  return figure({
    title: find(".summary").textContent,
    lines: [find(".steps").textContent],
    height: DIGITS + 82 * Math.ceil(digits.length / 12),
    parts: [
      ...bars(
        after.map((value, digit) => ({
          ...{ name: String(digit), value, was: before[digit], best: digit === argmax(after) },
          text: `${percent(before[digit])} → ${percent(value)}`,
        })),
        { x: 0, y: 0, width: WIDTH },
      ),
      ...digits.flatMap((drawn, index) => changedDigit(drawn, index, DIGITS)),
    ],
    keys: [sign(t("before"), BEFORE), sign(t("after"), FOR)],
    notes: [".forgetting", ".sample"].map((selector) => find(selector).textContent),
    model: { name: null },
  });
};

export const teachTable = ({ before, after }) => ({
  columns: ["class", "probability_before", "probability_after"],
  rows: after.map((value, digit) => [digit, before[digit], value]),
});
