// @ts-check
/* One attention head, calculated step by step: q·k, softmax, and the values weighted by their shares. */
import { unpack } from "../../web/arrays.js";

const ROWS = 60; // tokens in the tables at most; the others, with the smallest shares, are one row

/**
 * Queries, keys and values of all heads: `data` of shape (layers, 3, heads, tokens, features of a head).
 * @typedef {{ shape: number[], data: Float32Array }} Vectors
 * @typedef {{ shape: number[], type: string, data: string }} Packed
 *
 * What one head calculates for the query of one token. `order` has the tokens of the tables by falling share, `rest`
 * those beyond the last row; `dots` are q·k, `root` is the square root of the number of features.
 * @typedef {{
 *   layer: number, head: number, query: number, root: number,
 *   q: Float32Array, keys: Float32Array[], values: Float32Array[],
 *   dots: number[], shares: number[], order: number[], rest: number[], output: number[],
 * }} Calculation
 */

/**
 * Restore the numbers that the server packed as fixed point between `low` and `high` of each table.
 * @param {{ qkv: Packed, low: Packed, high: Packed }} answer
 * @returns {Vectors}
 */
export const restore = ({ qkv, low, high }) => {
  const { shape, data } = unpack(qkv),
    lows = unpack(low).data,
    highs = unpack(high).data,
    size = shape[3] * shape[4];
  for (let table = 0; table < lows.length; table++)
    for (let index = table * size; index < (table + 1) * size; index++)
      data[index] = lows[table] + data[index] * (highs[table] - lows[table]);
  return { shape, data };
};

/**
 * One vector for each token: part 0 for queries, 1 for keys, 2 for values.
 * @param {Vectors} vectors
 * @param {number} layer
 * @param {number} head
 * @param {number} part
 */
const vectorsOf = ({ shape: [, , heads, tokens, width], data }, layer, head, part) => {
  const start = ((layer * 3 + part) * heads + head) * tokens * width;
  return Array.from({ length: tokens }, (_, token) =>
    data.subarray(start + token * width, start + (token + 1) * width),
  );
};

/**
 * @param {Float32Array} one
 * @param {Float32Array} other
 */
const dot = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0);

/**
 * Scores -> positive shares that add up to 1.
 * @param {number[]} scores
 */
export const softmax = (scores) => {
  const most = Math.max(...scores),
    powers = scores.map((score) => Math.exp(score - most)),
    total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
};

/**
 * The sum of the tokens' values, each times its share.
 * @param {number[]} tokens
 * @param {number[]} shares
 * @param {ArrayLike<number>[]} values
 */
export const weightedSum = (tokens, shares, values) =>
  Array.from(values[0], (_, at) => tokens.reduce((sum, token) => sum + shares[token] * values[token][at], 0));

/**
 * The tokens beyond the last row as one: their share, and the mean of their values, weighted by their shares.
 * @param {Calculation} calculation
 */
export const restTogether = ({ rest, shares, values }) => {
  const share = rest.reduce((sum, token) => sum + shares[token], 0);
  return { share, mean: weightedSum(rest, shares, values).map((sum) => sum / share) };
};

/**
 * The rank of a token's share among all shares, from 1.
 * @param {number[]} shares
 * @param {number} token
 */
export const rankOf = (shares, token) => 1 + shares.filter((share) => share > shares[token]).length;

/**
 * Calculate what one head passes on to token `query`.
 * @param {Vectors} vectors
 * @param {{ layer: number, head: number, query: number }} choice
 * @returns {Calculation}
 */
export const calculate = (vectors, { layer, head, query }) => {
  const [queries, keys, values] = [0, 1, 2].map((part) => vectorsOf(vectors, layer, head, part)),
    q = queries[query],
    root = Math.sqrt(q.length),
    dots = keys.map((key) => dot(q, key)),
    shares = softmax(dots.map((score) => score / root)),
    sorted = [...shares.keys()].sort((one, other) => shares[other] - shares[one]);
  return {
    ...{ layer, head, query, root, q, keys, values, dots, shares },
    order: sorted.slice(0, ROWS),
    rest: sorted.slice(ROWS),
    output: weightedSum(sorted, shares, values),
  };
};

/**
 * How many rows the tables of `count` tokens have.
 * @param {number} count
 */
export const rowCount = (count) => Math.min(count, ROWS) + Number(count > ROWS);
