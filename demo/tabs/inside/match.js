/* One match of tab "Inside": the query, one key and their products, number by number. */

import { diverging } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { fixed } from "../../web/format.js";
import { fillCells } from "./cells.js";
import { coarse, largest, STRONGEST, tokenName } from "./numbers.js";
import { matchText, questionText } from "./sentences.js";

const BLOCK = 8; // features side by side that the line breaks do not part

const KINDS = ["query", "key", "product"];

const block = (first, count) =>
  make(
    "div",
    { class: "strip" },
    ...["q", "k", "×"].map((text) => make("span", { class: "names" }, text)),
    ...Array.from({ length: count }, (_, at) =>
      KINDS.map((kind) => make("span", { class: kind, "data-feature": first + at })),
    ).flat(),
  );

/* Build the cells for heads of `width` features, in blocks of one line each. */
export const buildMatch = (holder, width) =>
  holder.replaceChildren(
    ...Array.from({ length: Math.ceil(width / BLOCK) }, (_, index) =>
      block(index * BLOCK, Math.min(BLOCK, width - index * BLOCK)),
    ),
  );

const showProducts = (cells, q, key) => {
  const products = q.map((value, at) => value * key[at]),
    scale = largest([products]);
  for (const [at, cell] of [...cells].entries()) {
    cell.style.background = diverging(STRONGEST * (products[at] / scale));
    cell.textContent = coarse(products[at]);
    cell.title = `${fixed(q[at], 4)} × ${fixed(key[at], 4)} = ${fixed(products[at], 4)}`;
  }
};

/* Show how the query matches the key of `token`; `feature` is the column that is pointed at, or null. */
export const showMatch = (element, calculation, token, feature) => {
  const { q, keys, query } = calculation,
    cells = (kind) => element.querySelectorAll(`.strip .${kind}`);
  fillCells(cells("query"), "q", q, { scale: largest([q]), name: tokenName(query), text: coarse });
  fillCells(cells("key"), "k", keys[token], { scale: largest(keys), name: tokenName(token), text: coarse });
  showProducts(cells("product"), q, keys[token]);
  element.querySelector(".question").textContent = questionText(calculation, token);
  element.querySelector(".sum").textContent = matchText(calculation, token, feature);
};
