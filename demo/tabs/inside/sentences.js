// @ts-check
/* The sentences of tab "Inside" about one calculation. */
import { fixed, percent } from "../../web/format.js";
import { rankOf } from "./calculation.js";
import { rootText, shareText, tokenName } from "./numbers.js";

/** @typedef {import("./calculation.js").Calculation} Calculation */

/**
 * How the table of keys is read.
 * @param {Calculation} calculation
 */
export const scoresText = ({ q }) =>
  "Each row is a token's key; above them, the query. q·k is large where both point the same way. " +
  `It is divided by √${q.length} = ${rootText(q.length)}, and softmax turns the results into shares that add up to 100 %. ` +
  "Largest share first; grey is below zero.";

/**
 * What happens to the output of the head.
 * @param {Calculation} calculation
 * @param {{ num_heads: number, embed_dim: number }} model
 */
export const projectionText = ({ layer, query }, { num_heads: heads, embed_dim: width }) =>
  (heads > 1 ? `The outputs of all ${heads} heads, side by side ${width} numbers, ` : "The output ") +
  `then go through one linear projection (proj) and are added to ${tokenName(query)}: the attention of layer ${layer + 1} is complete.`;

/**
 * @param {Calculation} calculation
 * @param {number} token
 */
export const questionText = ({ query }, token) =>
  `How well does the query of ${tokenName(query)} match ${token === query ? "its own key" : `the key of ${tokenName(token)}`}?`;

/**
 * From the products of the query and the key of `token` to its share, and the product of one `feature` if it is pointed at.
 * @param {Calculation} calculation
 * @param {number} token
 * @param {number | null} feature
 */
export const matchText = ({ q, keys, root, dots, shares, query }, token, feature) => {
  const steps =
    `The products add up to q·k = ${fixed(dots[token], 2)}. ` +
    `Divided by √${q.length} = ${rootText(q.length)}: ${fixed(dots[token] / root, 2)}. ` +
    `After softmax over all tokens, ${tokenName(token)} gets ${shareText(shares[token])} of ${tokenName(query)}'s attention, ` +
    `rank ${rankOf(shares, token)} of ${shares.length}.`;
  if (feature === null) return steps;
  const [one, other] = [q[feature], keys[token][feature]];
  return `${steps} Number ${feature + 1}: ${fixed(one, 2)} × ${fixed(other, 2)} = ${fixed(one * other, 2)}.`;
};

/**
 * How one number of the output adds up.
 * @param {Calculation} calculation
 * @param {number | null} feature
 */
export const outputText = ({ order, shares, values, output }, feature) => {
  if (feature === null) return "Point at a column to see one of these numbers add up.";
  const terms = order.slice(0, 3).map((token) => `${percent(shares[token])} × ${fixed(values[token][feature], 2)}`);
  return `Number ${feature + 1} of the output: ${terms.join(" + ")}${shares.length > 3 ? " + …" : ""} = ${fixed(output[feature], 2)}.`;
};
