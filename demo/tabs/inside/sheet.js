/* The figure of tab "Inside": the whole calculation of one head, and its numbers. */

import { svg } from "../../web/dom.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { around, ramp } from "../../web/figure/keys.js";
import { copyOf, fitted, write as put } from "../../web/figure/parts.js";
import { fixed, percent } from "../../web/format.js";
import { plural, t } from "../../web/language.js";
import { cellColour, coarse, compact, LEGIBLE, largest, tokenName, tokenPlace } from "./numbers.js";

const LINE = 15, // units from row to row
  TOP = 216, // of the first row, below the map
  MAP = 170, // the map's side
  CELLS = 56, // where the cells begin
  SCORES = 148; // the width of the scores between the cells

const write = (x, y, text, anchor = "start") => put(x, y + 11, text, { "text-anchor": anchor, "font-size": 9.5 });

/* The columns for heads of `width` features: `cell` is the width of one, `scores` and `values` are left edges. */
const columns = (width) => {
  const cell = Math.min(20, (FULL - CELLS - SCORES) / (2 * width)),
    scores = CELLS + cell * width;
  return { cell, scores, values: scores + SCORES };
};

/* One row of coloured cells, with numbers where they can be read. */
const band = (x, y, cell, part, row, scale) =>
  [...row].flatMap((value, at) => {
    const fill = cellColour(part, value, scale),
      colour = svg("rect", { x: x + at * cell, y, width: cell, height: LINE - 1, fill }),
      middle = { "text-anchor": "middle", "font-size": 8 };
    return cell < LEGIBLE ? [colour] : [colour, put(x + (at + 0.5) * cell, y + 10, compact(value), middle)];
  });

const queryRow = ({ q }, { cell, scores, values }) => [
  write(0, TOP - 22, "q"),
  ...band(CELLS, TOP - 22, cell, "q", q, largest([q])),
  write(scores + 38, TOP - 22, "q·k", "end"),
  write(scores + 84, TOP - 22, "÷√d", "end"),
  write(scores + 140, TOP - 22, t("share"), "end"),
  write(values, TOP - 22, "v"),
];

const tokenRows = ({ keys, values, dots, root, shares, order }, at) => {
  const [keyScale, valueScale] = [largest(keys), largest(values)];
  return order.flatMap((token, index) => {
    const y = TOP + index * LINE,
      width = (48 * shares[token]) / shares[order[0]];
    return [
      write(0, y, tokenName(token)),
      ...band(CELLS, y, at.cell, "k", keys[token], keyScale),
      write(at.scores + 38, y, coarse(dots[token]), "end"),
      write(at.scores + 84, y, fixed(dots[token] / root, 2), "end"),
      svg("rect", { x: at.scores + 92, y, width, height: LINE - 1, fill: "#f6b98a" }),
      write(at.scores + 140, y, percent(shares[token]), "end"),
      ...band(at.values, y, at.cell, "v", values[token], valueScale),
    ];
  });
};

const outputRow = ({ rest, output }, at, y) => [
  write(0, y, rest.length ? plural(rest.length, "and {n} more token", "and {n} more tokens") : ""),
  write(at.values - 8, y, t("output"), "end"),
  ...band(at.values, y, at.cell, "v", output, largest([output])),
];

/* The scale of one part: its own colour above zero, grey below. */
const scaleOf = (part, name, values) => {
  const most = largest(values);
  return ramp({
    label: name,
    numbers: around(coarse(most)),
    stops: [-1, 0, 1].map((value) => ({
      colour: cellColour(part, value || 1, 1).replace(/rgb\((\d+) (\d+) (\d+).*/, "rgb($1, $2, $3)"),
      opacity: 0.55 * Math.abs(value),
    })),
    ground: "#fff",
  });
};

/* A calculation, with a copy of the `map` of a grid of `side` columns; `sentences` explain it. */
export const insideFigure = (calculation, { map, side, sentences, model }) => {
  const { layer, head, query, q, keys, values, order, output } = calculation,
    at = columns(q.length),
    last = TOP + order.length * LINE + 6;
  return figure({
    title: t("Layer {layer}, head {head}: the query of {token}", {
      ...{ layer: layer + 1, head: head + 1, token: tokenPlace(query, side) },
    }),
    height: last + LINE,
    parts: [
      copyOf(map, 0, 0, MAP),
      ...[
        t("Blue frame: the patch that asks. Red frame: the key that is pointed at."),
        t("q·k: how well a key matches the query. ÷√d: divided by √d, d features a head."),
        t("share: softmax of these scores. output: all values, weighted by their shares."),
      ].map((text, row) => fitted(MAP + 20, 14 + 18 * row, text, FULL - MAP - 20, { "font-size": 10 })),
      ...queryRow(calculation, at),
      ...tokenRows(calculation, at),
      ...outputRow(calculation, at, last),
    ],
    keys: [
      scaleOf("q", t("q, query"), [q]),
      scaleOf("k", t("k, keys"), keys),
      scaleOf("v", t("v, values"), values),
      scaleOf("v", t("output"), [output]),
    ],
    notes: sentences,
    model,
  });
};

/* The scores and shares of all keys, with q, k, v and the output feature by feature. */
export const insideTable = ({ layer, head, query, q, keys, values, dots, root, shares, output }) => {
  const start = [layer + 1, head + 1, query];
  const vector = (quantity, token, numbers) =>
    [...numbers].map((value, at) => [...start, quantity, token, at + 1, value]);
  const scores = [...keys.keys()].flatMap((token) => [
    [...start, "q·k", token, "", dots[token]],
    [...start, "score", token, "", dots[token] / root],
    [...start, "share", token, "", shares[token]],
  ]);
  return {
    columns: ["layer", "head", "query", "quantity", "token", "feature", "value"],
    rows: [
      ...scores,
      ...vector("q", query, q),
      ...keys.flatMap((key, token) => vector("k", token, key)),
      ...values.flatMap((value, token) => vector("v", token, value)),
      ...vector("output", query, output),
    ],
  };
};
