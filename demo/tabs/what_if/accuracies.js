// @ts-check
/* The accuracy of a model without each of its parts, in words. */

/**
 * Accuracies on the test set: of the whole model, and without each head and each layer.
 * @typedef {{ all: number, heads: number[][], layers: number[] }} Accuracies
 */

/**
 * By how many points the accuracy changes without a layer, or without one of its heads.
 * @param {Accuracies} accuracies
 * @param {number} layer
 * @param {number=} head
 */
export const changeWithout = ({ all, heads, layers }, layer, head) =>
  100 * ((head === undefined ? layers[layer] : heads[layer][head]) - all);

/**
 * A change in points; two decimals where it is less than ten.
 * @param {number} change
 */
export const inPoints = (change) =>
  `${change < 0 ? "−" : change > 0 ? "+" : ""}${Math.abs(change).toFixed(Math.abs(change) < 9.95 ? 2 : 0)}`;

/**
 * A change in a sentence.
 * @param {number} change
 */
export const changeText = (change) =>
  change
    ? `${inPoints(change).slice(1)} points ${change < 0 ? "worse" : "better"} without it`
    : "neither worse nor better without it";

/**
 * How many parts cost less than one point of accuracy, each switched off alone.
 * @param {Accuracies} accuracies
 */
export const cheapText = ({ all, heads, layers }) => {
  const cheap = (/** @type {number[]} */ list) =>
    `${list.filter((accuracy) => 100 * (all - accuracy) < 1).length} of ${list.length}`;
  return `Alone, ${cheap(heads.flat())} heads and ${cheap(layers)} layers cost less than one point of accuracy.`;
};
