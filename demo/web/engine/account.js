// @ts-check
/* A short account of an answer: few sets of patches that explain most of it, chosen and fitted as
   vit/explain/interactions.py does, where the method and its sources stand. */
import { countOf, sizeOf } from "./subsets.js";

/** @typedef {import("./subsets.js").Table} Table */

const DEPENDENT = 1e-9; // share of its squares below which a column is a sum of the chosen ones
const TIE = 1e-9; // relative difference of two gains that is only rounding
const NOTHING = 1e-12; // share of all squares; a set that explains less explains nothing

/**
 * For every set the sum of v over the subsets that contain it.
 * @param {Float64Array} values
 */
const sumsOverSupersets = (values) => {
  const sums = values.slice();
  for (let bit = 1; bit < sums.length; bit *= 2)
    for (let subset = 0; subset < sums.length; subset++) if (!(subset & bit)) sums[subset] += sums[subset | bit];
  return sums;
};

/**
 * The set of the largest gain; of equal ones the smallest, then the first.
 * @param {Float64Array} gains
 */
const firstOfBest = (gains) => {
  const most = gains.reduce((best, gain) => Math.max(best, gain), 0) * (1 - TIE);
  let best = -1;
  for (const [subset, gain] of gains.entries())
    if (gain >= most && (best < 0 || sizeOf(subset) < sizeOf(best))) best = subset;
  return best;
};

/**
 * Choose up to `most` sets by forward selection; `explained` are the shares of the squares that each adds.
 * @param {Table} values
 * @param {number} most
 */
export const chooseSets = (values, most) => {
  const { length } = values,
    patches = countOf(values),
    mean = values.reduce((sum, value) => sum + value, 0) / length,
    centred = values.map((value) => value - mean),
    total = centred.reduce((sum, value) => sum + value * value, 0),
    shares = Float64Array.from({ length }, (_, subset) => 0.5 ** sizeOf(subset)),
    products = sumsOverSupersets(centred),
    squares = shares.map((share) => length * share * (1 - share)),
    smallest = squares.map((square) => DEPENDENT * square),
    allowed = shares.map((share) => Number(share === 0.5));
  /** @type {Float64Array[]} */
  const steps = [];
  /** @type {number[]} */
  const sets = [];
  /** @type {number[]} */
  const explained = [];
  while (sets.length < most) {
    const gains = squares.map((square, at) => (allowed[at] && square > smallest[at] ? products[at] ** 2 / square : 0));
    const chosen = firstOfBest(gains);
    if (!(gains[chosen] > NOTHING * total)) break;
    const [root, product] = [Math.sqrt(squares[chosen]), products[chosen]];
    const step = Float64Array.from({ length }, (_, at) => {
      const joint = length * (shares[at | chosen] - shares[at] * shares[chosen]);
      return steps.reduce((rest, each) => rest - each[chosen] * each[at], joint) / root;
    });
    explained.push(gains[chosen] / total);
    for (let at = 0; at < length; at++) {
      products[at] -= (product / root) * step[at];
      squares[at] -= step[at] ** 2;
    }
    steps.push(step);
    sets.push(chosen);
    for (let patch = 0; patch < patches; patch++) allowed[chosen | (1 << patch)] = 1;
  }
  return { sets, explained };
};

/**
 * Solve a linear system by Gaussian elimination with pivots.
 * @param {number[][]} matrix
 * @param {number[]} right
 */
const solve = (matrix, right) => {
  const rows = matrix.map((row, at) => [...row, right[at]]),
    size = rows.length;
  for (let at = 0; at < size; at++) {
    let pivot = at;
    for (let row = at; row < size; row++) if (Math.abs(rows[row][at]) > Math.abs(rows[pivot][at])) pivot = row;
    [rows[at], rows[pivot]] = [rows[pivot], rows[at]];
    for (let row = 0; row < size; row++) {
      if (row === at) continue;
      const factor = rows[row][at] / rows[at][at];
      for (let column = at; column <= size; column++) rows[row][column] -= factor * rows[at][column];
    }
  }
  return rows.map((row, at) => row[size] / row[at]);
};

/**
 * The values of these sets, the start first, by least squares over all subsets.
 * @param {Table} values
 * @param {number[]} sets
 */
export const fitAccount = (values, sets) => {
  const chosen = [0, ...sets], // the empty set is in every subset: its value is the start
    n = countOf(values),
    sums = sumsOverSupersets(values);
  const products = chosen.map((one) => chosen.map((other) => 2 ** (n - sizeOf(one | other))));
  return solve(
    products,
    chosen.map((subset) => sums[subset]),
  );
};
