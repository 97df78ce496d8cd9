// @ts-check
/* Small sums, and rows of a table. */

/** @param {number[]} values */
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param {number[]} values */
export const mean = (values) => sum(values) / values.length;

/**
 * The index of the largest value, the first of them.
 * @param {ArrayLike<number>} values
 */
export const argmax = (values) => {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
};

/**
 * The likeliest class after the first of a reading.
 * @param {{ probs: number[], digit: number }} reading
 */
export const runnerUp = ({ probs, digit }) => argmax(probs.map((share, at) => (at === digit ? -1 : share)));

/**
 * The largest absolute value, above zero.
 * @param {number[] | Float32Array} values
 */
export const largest = (values) => {
  let most = 1e-9;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
};

/**
 * The rows of an unpacked table.
 * @param {{ shape: number[], data: Float32Array }} table
 */
export const rowsOf = ({ shape, data }) =>
  Array.from({ length: shape[0] }, (_, index) => data.subarray(index * shape[1], (index + 1) * shape[1]));
