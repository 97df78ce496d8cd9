/* The effect of a step on one sheet to download. */
import { svg } from "../../../web/dom.js";
import { percent } from "../../../web/format.js";
import { paper, write } from "../../../web/save.js";
import { FALLS, RISES } from "./chart.js";
import { barScale, colourName, movement } from "./parts.js";
import { isInside, number, title } from "./words.js";

const SMALL = { "font-size": 11 },
  END = { "text-anchor": "end" };
const box = (x, y, width, height, fill) => svg("rect", { x, y, width, height, fill });

const digitRow = (name, digit, before, after) => {
  const y = 84 + 21 * digit;
  return [
    write(20, y + 12, name),
    box(36, y, 190 * before, 5, "#94a3b8"),
    box(36, y + 6, 190 * after, 9, FALLS),
    write(234, y + 12, percent(after)),
  ];
};

const partRow = (part, row, index, place, style) => {
  const y = 356 + 20 * row,
    zero = 190 + 4 * place(0),
    end = 190 + 4 * place(part.alone[index]),
    colour = colourName(part);
  return [
    write(isInside(part) ? 36 : 20, y + 11, title(part)),
    ...(colour ? [box(36, y + 14, 7 * title(part).length, 3, style.getPropertyValue(`--${colour}`))] : []),
    box(Math.min(zero, end), y, Math.abs(end - zero), 13, end < zero ? RISES : FALLS),
    box(189 + 4 * place(part.predicted[index]), y - 1, 2, 15, "#111"),
    write(670, y + 11, movement(part, index), END),
    write(760, y + 11, number(part.gradient), END),
  ];
};

const headings = (high) => [
  write(20, 66, "grey before, orange after", SMALL),
  write(340, 66, "orange: loss on the drawing; blue: other digits read right", SMALL),
  write(20, 340, "Which parts did it?", { "font-weight": 600 }),
  write(190, 340, `fall of the loss by this part alone, up to ${number(high)}; line: as the slope predicted`, SMALL),
  write(670, 340, "moved by", { ...SMALL, ...END }),
  write(760, 340, "gradient", { ...SMALL, ...END }),
];

/* `headline` goes over several lines; `parts` are those that are unfolded; `style` has the colours of the page. */
export const drawSheet = (chart, { before, after }, index, { names, headline, parts, style }) => {
  const copy = chart.cloneNode(true),
    { high, place } = barScale(parts, index),
    bold = { "font-size": 15, "font-weight": 600 };
  for (const [name, value] of Object.entries({ x: 340, y: 74, width: 440, height: 220, color: "#111" }))
    copy.setAttribute(name, value);
  return paper(
    800,
    376 + 20 * parts.length,
    12.5,
    ...headline.split(/(?<=[.!]) /).map((sentence, line) => write(20, 26 + 20 * line, sentence, bold)),
    ...headings(high),
    ...after[index].probs.flatMap((prob, digit) => digitRow(names[digit], digit, before.probs[digit], prob)),
    copy,
    ...parts.flatMap((part, row) => partRow(part, row, index, place, style)),
  );
};
