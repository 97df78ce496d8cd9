// @ts-check
/* How faithful a map is, as vit/explain/faithfulness.py measures it: deletion and insertion between a random order (0)
   and the best one (1), the rank correlation with the exact values, and the share of right signs. */
import { countOf, lowestOrder, shapleyValues, sizeOf } from "./subsets.js";

/** @typedef {import("./subsets.js").Table} Table */
/** @typedef {{ deletion: number, insertion: number, rank: number, sign: number }} Faithfulness NaN: not defined */
/** @typedef {{ exact: Float64Array, random: number, lowest: number, highest: number,
 *   mean: (scores: ArrayLike<number>) => number }} Scale */

/**
 * The mean of v along the order of inserting patches, the highest score first: exact over all orders of equal scores,
 * by the trapezoidal rule.
 * @param {Table} values
 * @param {ArrayLike<number>} scores
 */
export const insertionMean = (values, scores) => {
  const curve = [values[0]],
    levels = [...new Set(Array.from(scores))].sort((one, other) => other - one);
  let visible = 0;
  for (const level of levels) {
    const tied = Array.from(scores, (score, at) => (score === level ? 1 << at : 0)).filter(Boolean),
      all = tied.reduce((sum, bit) => sum + bit, 0),
      [sums, counts] = [0, 0].map(() => new Float64Array(tied.length + 1));
    // Every subset of the tied patches, from all of them down to none.
    for (let part = all; ; part = (part - 1) & all) {
      sums[sizeOf(part)] += values[visible + part];
      counts[sizeOf(part)]++;
      if (!part) break;
    }
    for (let size = 1; size <= tied.length; size++) curve.push(sums[size] / counts[size]);
    visible += all;
  }
  if (curve.length === 1) return curve[0];
  const ends = (curve[0] + curve[curve.length - 1]) / 2;
  return (curve.reduce((sum, value) => sum + value, 0) - ends) / (curve.length - 1);
};

/**
 * Scores that sort the patches into this order.
 * @param {number[]} order
 */
const ranked = (order) => order.map((_, patch) => -order.indexOf(patch));

/**
 * @param {Table} values
 * @returns {Scale}
 */
export const faithfulnessScale = (values) => {
  const mean = (/** @type {ArrayLike<number>} */ scores) => insertionMean(values, scores);
  return {
    exact: shapleyValues(values),
    random: mean(new Float64Array(countOf(values))),
    lowest: mean(ranked(lowestOrder(values))),
    highest: mean(ranked(lowestOrder(values.map((value) => -value)))),
    mean,
  };
};

/**
 * A scale for ranks and signs alone: the best order needs a table of all subsets.
 * @param {Float64Array} exact
 * @returns {Scale}
 */
export const rankScale = (exact) => ({
  exact,
  ...{ random: Number.NaN, lowest: Number.NaN, highest: Number.NaN },
  mean: () => Number.NaN,
});

/** @param {number} part @param {number} whole */
const share = (part, whole) => (Math.abs(whole) > 1e-9 ? part / whole : Number.NaN);

/**
 * Ranks from 1, equal values at their mean rank.
 * @param {ArrayLike<number>} values
 */
const ranksOf = (values) => {
  const all = Array.from(values);
  return all.map((value) => {
    const below = all.filter((other) => other < value).length,
      equal = all.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
};

/**
 * Spearman's rank correlation, NaN if either has no two ranks.
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other
 */
export const spearman = (one, other) => {
  const [ours, theirs] = [one, other].map((values) => {
    const ranks = ranksOf(values),
      middle = (ranks.length + 1) / 2;
    return ranks.map((each) => each - middle);
  });
  const product = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    a.reduce((sum, value, at) => sum + value * b[at], 0);
  return product(ours, theirs) / Math.sqrt(product(ours, ours) * product(theirs, theirs));
};

/**
 * The share of sum |exact| over the patches whose score has the right sign.
 * @param {ArrayLike<number>} scores
 * @param {Float64Array} exact
 */
const signAgreement = (scores, exact) => {
  const right = exact.filter((value, at) => Math.sign(value) === Math.sign(scores[at])),
    total = (/** @type {Float64Array} */ values) => values.reduce((sum, value) => sum + Math.abs(value), 0);
  return share(total(right), total(exact));
};

/**
 * The faithfulness of scores (n), one for each maskable patch.
 * @param {Scale} scale
 * @param {ArrayLike<number>} scores
 * @param {boolean} signed
 * @returns {Faithfulness}
 */
export const scoreOf = ({ exact, random, lowest, highest, mean }, scores, signed) => ({
  deletion: share(random - mean(Array.from(scores, (score) => -score)), random - lowest),
  insertion: share(mean(scores) - random, highest - random),
  rank: spearman(scores, exact),
  sign: signed ? signAgreement(scores, exact) : Number.NaN,
});
