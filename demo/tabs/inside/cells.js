/* Cells of tab "Inside": one for each feature of a head, with its number and its colour. */

import { make } from "../../web/dom.js";
import { fixed } from "../../web/format.js";
import { t } from "../../web/language.js";
import { cellColour, compact } from "./numbers.js";

/* Make `width` cells, each with the number of its feature. */
export const featureCells = (width, tag) => Array.from({ length: width }, (_, at) => make(tag, { "data-feature": at }));

/* Write `values` into `cells` and colour them, for part "q", "k" or "v" of the token called `name`. */
export const fillCells = (cells, part, values, { scale, name, text = compact }) => {
  for (const [at, cell] of [...cells].entries()) {
    cell.style.background = cellColour(part, values[at], scale);
    cell.textContent = text(values[at]);
    const value = fixed(values[at], 4);
    cell.title = t("{part}, number {n} of {token}: {value}", { part, n: at + 1, token: name, value });
  }
};
