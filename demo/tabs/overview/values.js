// @ts-check
/* The numbers that the picture shows, from a reading. */

/**
 * @typedef {{ shape: number[], data: ArrayLike<number> & { subarray?: Function } }} Unpacked
 */

/**
 * The probabilities (K) that the head reads after `step` layers; lens is (L + 1, K).
 * @param {Unpacked} lens
 * @param {number} step
 */
export const lensAt = ({ shape: [, classes], data }, step) =>
  Array.from({ length: classes }, (_, digit) => data[step * classes + digit]);

/**
 * The mean ink of each patch, in [0, 1].
 * @param {{ data: ArrayLike<number> }} image
 * @param {{ grid_size: number, patch_size: number }} model
 */
export const inkOf = ({ data }, { grid_size: grid, patch_size: size }) => {
  const ink = new Array(grid * grid).fill(0),
    side = grid * size;
  for (let at = 0; at < side * side; at++) {
    const row = Math.floor(Math.floor(at / side) / size),
      column = Math.floor((at % side) / size);
    ink[row * grid + column] += data[at] / (size * size);
  }
  return ink;
};

/**
 * The first `count` numbers of each row, divided by the largest of them all.
 * @param {Unpacked} rows
 * @param {number} count
 */
export const firstNumbers = ({ shape: [length, width], data }, count) => {
  const first = Array.from({ length }, (_, row) =>
    Array.from({ length: Math.min(count, width) }, (_, at) => data[row * width + at]),
  );
  const most = Math.max(...first.flat().map(Math.abs)) || 1;
  return first.map((row) => row.map((value) => value / most));
};
