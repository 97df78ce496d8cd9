// @ts-check
/* The sentences of tab "Inside" about one calculation. */

import { fixed, percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { rankOf } from "./calculation.js";
import { rootText, shareText, tokenName } from "./numbers.js";

/** @typedef {import("./calculation.js").Calculation} Calculation */

/**
 * How the table of keys is read.
 * @param {Calculation} calculation
 */
export const scoresText = ({ q }) =>
  t(
    "Each row is a token's key; above them, the query. q·k is large where both point the same way. It is divided by " +
      "√{width} = {root}, and softmax turns the results into shares that add up to 100 %. Largest share first; " +
      "grey is " +
      "below zero.",
    { width: q.length, root: rootText(q.length) },
  );

/**
 * What happens to the output of the head.
 * @param {Calculation} calculation
 * @param {{ num_heads: number, embed_dim: number }} model
 */
export const projectionText = ({ layer, query }, { num_heads: heads, embed_dim: width }) => {
  const values = { heads, width, token: tokenName(query), layer: layer + 1 };
  if (heads === 1)
    return t(
      "The output then goes through one linear projection (proj) and is added to {token}: the attention of layer " +
        "{layer} is complete.",
      values,
    );
  return t(
    "The outputs of all {heads} heads, side by side {width} numbers, then go through one linear projection (proj) " +
      "and " +
      "are added to {token}: the attention of layer {layer} is complete.",
    values,
  );
};

/**
 * @param {Calculation} calculation
 * @param {number} token
 */
export const questionText = ({ query }, token) =>
  token === query
    ? t("How well does the query of {query} match its own key?", { query: tokenName(query) })
    : t("How well does the query of {query} match the key of {key}?", {
        query: tokenName(query),
        key: tokenName(token),
      });

/**
 * From the products of the query and the key of `token` to its share, and the product of one `feature` if it is
 * pointed at.
 * @param {Calculation} calculation
 * @param {number} token
 * @param {number | null} feature
 */
export const matchText = ({ q, keys, root, dots, shares, query }, token, feature) => {
  const steps = t(
    "The products add up to q·k = {dot}. Divided by √{width} = {root}: {score}. After softmax over all tokens, " +
      "{token} " +
      "gets {share} of {query}'s attention, rank {rank} of {count}.",
    {
      ...{ dot: fixed(dots[token], 2), width: q.length, root: rootText(q.length), score: fixed(dots[token] / root, 2) },
      ...{ token: tokenName(token), share: shareText(shares[token]), query: tokenName(query) },
      ...{ rank: rankOf(shares, token), count: shares.length },
    },
  );
  if (feature === null) return steps;
  const [one, other] = [q[feature], keys[token][feature]];
  const product = t("Number {n}: {q} × {k} = {product}.", {
    ...{ n: feature + 1, q: fixed(one, 2), k: fixed(other, 2), product: fixed(one * other, 2) },
  });
  return `${steps} ${product}`;
};

/**
 * How one number of the output adds up.
 * @param {Calculation} calculation
 * @param {number | null} feature
 */
export const outputText = ({ order, shares, values, output }, feature) => {
  if (feature === null) return t("Point at a column to see one of these numbers add up.");
  const terms = order.slice(0, 3).map((token) => `${percent(shares[token])} × ${fixed(values[token][feature], 2)}`);
  if (shares.length > 3) terms.push("…");
  return t("Number {n} of the output: {terms} = {value}.", {
    ...{ n: feature + 1, terms: terms.join(" + "), value: fixed(output[feature], 2) },
  });
};
