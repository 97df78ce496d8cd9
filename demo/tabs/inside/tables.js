/* The two tables of tab "Inside": the keys with the shares that the query gives them, and the values with the output.
 */

import { make } from "../../web/dom.js";
import { fixed, percent } from "../../web/format.js";
import { decimal, t } from "../../web/language.js";
import { restTogether, rowCount } from "./calculation.js";
import { featureCells, fillCells } from "./cells.js";
import { coarse, largest, rootText, tokenName, tokenPlace } from "./numbers.js";

const columnTitle = (text, title = "", kind = "score") => make("th", { scope: "col", class: kind, title }, text);
const featuresOf = (row) => row.querySelectorAll("[data-feature]");

const bodyRows = (count, width, kinds) =>
  Array.from({ length: rowCount(count) }, (_, index) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", tabindex: index ? -1 : 0 }),
      ...featureCells(width, "td"),
      ...kinds.map((kind) => make("td", { class: `number ${kind}` })),
    ),
  );

const keysHead = (width) =>
  make(
    "tr",
    {},
    columnTitle(t("query"), "", "name"),
    ...featureCells(width, "td"),
    columnTitle("q·k", t("the products added up")),
    columnTitle("÷√d", t("divided by the root of how many there are")),
    columnTitle(t("share"), t("softmax: all shares add up to 100 %"), "weight"),
  );

const valuesHead = (width) =>
  make(
    "tr",
    {},
    columnTitle(t("token"), "", "name"),
    make("td", { colspan: width }, t("v, what each token passes on")),
    make("td", { class: "score" }),
    make("td", { class: "score" }),
    columnTitle(t("share"), "", "weight"),
  );

const outputRow = (width) => {
  const name = t("output"),
    short = name.slice(0, 3); // for a narrow column
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, short, make("span", { class: "word" }, name.slice(3))),
    ...featureCells(width, "td"),
    make("td", { class: "number", colspan: 3 }, t("share × v, added")),
  );
};

/* Build both tables for `count` tokens and heads of `width` features. */
export const buildTables = (find, count, width) => {
  find(".keys thead").replaceChildren(keysHead(width));
  find(".values thead").replaceChildren(valuesHead(width));
  find(".keys tbody").replaceChildren(...bodyRows(count, width, ["", "", "share"]));
  find(".values tbody").replaceChildren(...bodyRows(count, width, ["blank", "blank", "share"]));
  find(".values tfoot").replaceChildren(outputRow(width));
};

const showShare = (cell, share, most) => {
  cell.textContent = percent(share);
  cell.title = `${decimal(100 * share, 3)} %`;
  cell.style.setProperty("--part", `${(100 * share) / most}%`);
};

const showQuery = (head, { q, query }, side) => {
  fillCells(featuresOf(head), "q", q, { scale: largest([q]), name: tokenPlace(query, side) });
  const titles = head.querySelectorAll("th");
  titles[0].replaceChildren("q", make("span", { class: "word" }, `: ${tokenName(query)}`));
  titles[2].textContent = `÷ ${rootText(q.length, 1)}`;
};

const showToken = (row, token, side) => {
  row.dataset.key = token;
  const word = token ? t("patch {n}", { n: "" }) : "cls"; // in all languages the number comes last
  row.firstChild.replaceChildren(make("span", { class: "word" }, word), token ? String(token) : "");
  row.firstChild.title = tokenPlace(token, side);
};

/* Show the tokens of `order` in the rows of one table, `vectors` being their keys or their values. */
const showRows = (rows, part, vectors, { shares, order }, side) => {
  const scale = largest(vectors);
  for (const [index, token] of order.entries()) {
    showToken(rows[index], token, side);
    fillCells(featuresOf(rows[index]), part, vectors[token], { scale, name: tokenName(token) });
    showShare(rows[index].lastChild, shares[token], shares[order[0]]);
  }
};

const showScores = (rows, { dots, root, order }) => {
  for (const [index, token] of order.entries()) {
    const [dot, scaled] = rows[index].querySelectorAll(".number");
    dot.textContent = coarse(dots[token]);
    scaled.textContent = fixed(dots[token] / root, 2);
  }
};

/* Many tokens: those with the smallest shares are one row, with the mean of their values. */
const showRest = (keysRow, valuesRow, calculation) => {
  const { rest, shares, order, values } = calculation,
    { share, mean } = restTogether(calculation),
    name = t("{count} more", { count: rest.length });
  for (const row of [keysRow, valuesRow]) {
    row.firstChild.textContent = name;
    showShare(row.lastChild, share, Math.max(share, shares[order[0]]));
  }
  fillCells(featuresOf(valuesRow), "v", mean, {
    scale: largest(values),
    name: t("{count} more, their mean", { count: rest.length }),
  });
};

/* Show a calculation in both tables; the grid has `side` columns. */
export const showTables = (find, calculation, side) => {
  const { keys, values, rest, output } = calculation,
    [keysBody, valuesBody] = [find(".keys tbody"), find(".values tbody")];
  showQuery(find(".keys thead"), calculation, side);
  showRows(keysBody.children, "k", keys, calculation, side);
  showRows(valuesBody.children, "v", values, calculation, side);
  showScores(keysBody.children, calculation);
  if (rest.length) showRest(keysBody.lastChild, valuesBody.lastChild, calculation);
  fillCells(featuresOf(find(".values tfoot")), "v", output, { scale: largest([output]), name: t("the output") });
};
