/* The download of tab "Teach": the outcome of a lesson on one sheet. */
import { svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { paper, write } from "../../web/save.js";
import { best } from "./words.js";

const bar = (y, portion, height, fill) => svg("rect", { x: 40, y, width: 300 * portion, height, fill });

const barRow = (digit, { before, after }) => {
  const y = 52 + 22 * digit,
    bold = digit === best(after) ? { "font-weight": 700 } : {};
  return [
    write(20, y + 12, String(digit)),
    bar(y, before[digit], 5, "#94a3b8"),
    bar(y + 6, after[digit], 9, "#ef7d1a"),
    write(460, y + 12, `${percent(before[digit])} → ${percent(after[digit])}`, { "text-anchor": "end", ...bold }),
  ];
};

const changedDigit = (figure, index, top) => {
  const [x, y] = [20 + 66 * (index % 12), top + 88 * Math.floor(index / 12)],
    lines = [...figure.querySelector("figcaption").childNodes].filter((node) => node.data),
    href = figure.querySelector("canvas").toDataURL();
  return [
    svg("image", { href, x: x + 8, y, width: 40, height: 40, style: "image-rendering: pixelated" }),
    ...lines.map(({ data }, row) =>
      write(x + 28, y + 54 + 14 * row, data, { "text-anchor": "middle", "font-size": 11 }),
    ),
  ];
};

/* Draw the sheet from what the page shows, and the drawing's probabilities. */
export const outcomeSheet = (find, drawing) => {
  const sentences = [".steps", ".forgetting", ".sample"].flatMap((selector) =>
    find(selector).textContent.split(/(?<=\.) (?=[A-Z])/),
  );
  const digits = [...find(".changed").children],
    top = 310 + 20 * sentences.length;
  return paper(
    820,
    top + 88 * Math.ceil(digits.length / 12),
    12.5,
    write(20, 30, find(".summary").textContent, { "font-size": 16, "font-weight": 600 }),
    write(480, 64, "grey before, orange after", { "font-size": 11 }),
    ...drawing.before.flatMap((_, digit) => barRow(digit, drawing)),
    ...sentences.map((sentence, row) => write(20, 300 + 20 * row, sentence)),
    ...digits.flatMap((figure, index) => changedDigit(figure, index, top)),
  );
};
