/* The download of tab "Inside": the whole calculation on one sheet. */
import { svg } from "../../web/dom.js";
import { fixed, percent } from "../../web/format.js";
import { paper } from "../../web/save.js";
import { cellColour, coarse, compact, LEGIBLE, largest, tokenName, tokenPlace } from "./numbers.js";

const LINE = 16, // pixels from row to row
  TOP = 56, // of the first row
  NAMES = 250, // from the left; the cells begin 60 further
  CELLS = NAMES + 60;

const write = (x, y, text, anchor = "start") => svg("text", { x, y: y + 11, "text-anchor": anchor }, text);

/* The columns for heads of `width` features: `cell` is the width of one, `scores` and `values` are left edges. */
const columns = (width) => {
  const cell = Math.max(4, Math.min(20, 640 / width)),
    scores = CELLS + cell * width,
    values = scores + 150;
  return { cell, scores, values, end: values + cell * width + 10 };
};

/* One row of coloured cells, with numbers where they can be read. */
const band = (x, y, cell, part, row, scale) =>
  [...row].flatMap((value, at) => {
    const fill = cellColour(part, value, scale),
      colour = svg("rect", { x: x + at * cell, y, width: cell, height: LINE - 1, fill }),
      middle = { x: x + (at + 0.5) * cell, y: y + 11, "text-anchor": "middle", "font-size": 8 };
    return cell < LEGIBLE ? [colour] : [colour, svg("text", middle, compact(value))];
  });

const queryRow = ({ q }, { cell, scores, values }) => [
  write(NAMES, 34, "q"),
  ...band(CELLS, 34, cell, "q", q, largest([q])),
  write(scores + 38, 34, "q·k", "end"),
  write(scores + 84, 34, "÷√d", "end"),
  write(scores + 144, 34, "share", "end"),
  write(values, 34, "v"),
];

const tokenRows = ({ keys, values, dots, root, shares, order }, at) => {
  const [keyScale, valueScale] = [largest(keys), largest(values)];
  return order.flatMap((token, index) => {
    const y = TOP + index * LINE,
      width = (52 * shares[token]) / shares[order[0]];
    return [
      write(NAMES, y, tokenName(token)),
      ...band(CELLS, y, at.cell, "k", keys[token], keyScale),
      write(at.scores + 38, y, coarse(dots[token]), "end"),
      write(at.scores + 84, y, fixed(dots[token] / root, 2), "end"),
      svg("rect", { x: at.scores + 92, y, width, height: LINE - 1, fill: "#f6b98a" }),
      write(at.scores + 144, y, percent(shares[token]), "end"),
      ...band(at.values, y, at.cell, "v", values[token], valueScale),
    ];
  });
};

const outputRow = ({ rest, output }, at, y) => [
  write(NAMES, y, rest.length ? `and ${rest.length} more tokens` : ""),
  write(at.values - 8, y, "output", "end"),
  ...band(at.values, y, at.cell, "v", output, largest([output])),
];

/* A calculation as an <svg>, with a copy of the `map` of a grid of `side` columns. */
export const sheet = (calculation, map, side) => {
  const { layer, head, query, q, order } = calculation,
    at = columns(q.length),
    last = TOP + order.length * LINE + 6,
    copy = map.cloneNode(true);
  for (const [name, value] of Object.entries({ x: 10, y: 36, width: 220, height: 220 })) copy.setAttribute(name, value);
  const title = `Layer ${layer + 1}, head ${head + 1}: the query of ${tokenPlace(query, side)}`;
  return paper(
    at.end,
    Math.max(last + LINE + 10, 270),
    10.5,
    svg("text", { x: 10, y: 20, "font-size": 14, "font-weight": 600 }, title),
    copy,
    ...queryRow(calculation, at),
    ...tokenRows(calculation, at),
    ...outputRow(calculation, at, last),
  );
};
