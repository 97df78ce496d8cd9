// @ts-check
/* The patch with the most attention, in words, for visitors with a screen reader. */
import { place } from "../../web/grid.js";
import { t } from "../../web/language.js";

/** @typedef {{ pool: string, grid_size: number }} Model */

/**
 * The patch token with the most attention in the last layer, on average over the heads: attention of cls, or of all
 * patches if the model reads their mean.
 * @param {{ shape: number[], data: ArrayLike<number> }} attention (L, h, N, N)
 * @param {Model} model
 */
export const mostAttended = ({ shape: [depth, heads, count], data }, { pool }) => {
  const rows = pool === "mean" ? Array.from({ length: count - 1 }, (_, at) => at + 1) : [0],
    sums = new Float64Array(count);
  for (let head = 0; head < heads; head++)
    for (const row of rows) {
      const start = (((depth - 1) * heads + head) * count + row) * count;
      for (let token = 1; token < count; token++) sums[token] += data[start + token];
    }
  return sums.reduce((best, sum, token) => (token && sum > sums[best] ? token : best), 1);
};

/**
 * @param {number} token
 * @param {Model} model
 */
export const mostAttendedText = (token, { grid_size: side, pool }) => {
  const values = { place: place(token, side) };
  return pool === "mean"
    ? t(" In the last layer, all patches, on average, look most at the patch in {place}.", values)
    : t(" In the last layer, cls looks most at the patch in {place}.", values);
};
