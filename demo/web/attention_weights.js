// @ts-check
/* Attention weights (L, h, N) of the token that the head reads, in each layer and head. Token 0 is cls. */
import { argmax } from "./numbers.js";
import { MEAN } from "./selection.js";

/**
 * An unpacked array, see arrays.js.
 * @typedef {{ shape: number[], data: ArrayLike<number> }} Weights
 */

/**
 * The weights (N) of one head in a layer, or the mean of its heads.
 * @param {Weights} weights
 * @param {number} layer
 * @param {number} [head]
 * @returns {number[]}
 */
export const headWeights = ({ shape: [, heads, tokens], data }, layer, head = MEAN) => {
  const one = (/** @type {number} */ index, /** @type {number} */ token) =>
    data[(layer * heads + index) * tokens + token];
  return Array.from({ length: tokens }, (_, token) => {
    if (head !== MEAN) return one(head, token);
    let sum = 0;
    for (let index = 0; index < heads; index++) sum += one(index, token);
    return sum / heads;
  });
};

/**
 * The weights of the patches in the last layer, the mean of its heads.
 * @param {Weights} weights
 */
export const lastLayerWeights = (weights) => headWeights(weights, weights.shape[0] - 1).slice(1);

/**
 * The patch token, from 1, with the largest weight.
 * @param {number[]} row
 */
export const mostAttendedPatch = (row) => 1 + argmax(row.slice(1));
