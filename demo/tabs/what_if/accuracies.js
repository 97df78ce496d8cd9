// @ts-check
/* The accuracy of a model without each of its parts, in words. */
import { decimal, t } from "../../web/language.js";

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
  `${change < 0 ? "−" : change > 0 ? "+" : ""}${decimal(Math.abs(change), Math.abs(change) < 9.95 ? 2 : 0)}`;

/**
 * A change in a sentence.
 * @param {number} change
 */
export const changeText = (change) => {
  if (!change) return t("neither worse nor better without it");
  const points = inPoints(change).slice(1);
  return change < 0
    ? t("{points} points worse without it", { points })
    : t("{points} points better without it", { points });
};

/**
 * How many parts cost less than one point of accuracy, each switched off alone.
 * @param {Accuracies} accuracies
 */
export const cheapText = ({ all, heads, layers }) => {
  const cheap = (/** @type {number[]} */ list) => list.filter((accuracy) => 100 * (all - accuracy) < 1).length,
    each = heads.flat();
  return t(
    "Alone, {heads} of {allHeads} heads and {layers} of {allLayers} layers cost less than one point of accuracy.",
    { heads: cheap(each), allHeads: each.length, layers: cheap(layers), allLayers: layers.length },
  );
};
