// @ts-check
/* Matrices of float32, row by row, and what a transformer does with them. */
import { newMultiply } from "./simd.js";

/** @typedef {{ rows: number, columns: number, data: Float32Array }} Matrix */
/** @typedef {{ weight: Matrix, bias: Float32Array }} Linear */
/** @typedef {{ weight: Float32Array, bias: Float32Array }} Norm */

const FEW = 512; // products, for which a copy into another memory does not pay
const multiplyVectors = newMultiply(); // null where a browser has no vectors
const EPSILON = 1e-5; // PyTorch's, in LayerNorm

/**
 * @param {number} rows
 * @param {number} columns
 * @param {Float32Array} data
 * @returns {Matrix}
 */
export const newMatrix = (rows, columns, data = new Float32Array(rows * columns)) => ({ rows, columns, data });

/**
 * One row, which shares its numbers with the matrix.
 * @param {Matrix} matrix
 * @param {number} row
 */
export const rowOf = ({ columns, data }, row) => data.subarray(row * columns, (row + 1) * columns);

/**
 * @param {Float32Array} one
 * @param {Float32Array} other
 */
export const dot = (one, other) => {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += one[index] * other[index];
  return sum;
};

/**
 * Store four numbers side by side; an array of them would take longer than their sums.
 * @param {Matrix} out
 * @param {number} row
 * @param {number} column of the first
 * @param {number} s0
 * @param {number} s1
 * @param {number} s2
 * @param {number} s3
 */
const store = ({ columns, data }, row, column, s0, s1, s2, s3) => {
  const at = row * columns + column;
  data[at] = s0;
  data[at + 1] = s1;
  data[at + 2] = s2;
  data[at + 3] = s3;
};

/**
 * Two rows of x times four rows of w. Each number is loaded once for several products, and eight sums that do not wait
 * for each other are eight times as fast as one. Where there are no vectors, the time of a reading goes here.
 * @param {Matrix} x
 * @param {Matrix} w
 * @param {Matrix} out
 * @param {number} row of x; for its last row alone, the next one is the same
 * @param {number} column the first of four rows of w
 */
const multiplyTile = ({ rows, columns: inner, data: x }, { data: w }, out, row, column) => {
  const x0 = row * inner,
    x1 = row + 1 < rows ? x0 + inner : x0,
    w0 = column * inner,
    [w1, w2, w3] = [w0 + inner, w0 + 2 * inner, w0 + 3 * inner];
  let a0 = 0,
    a1 = 0,
    a2 = 0,
    a3 = 0,
    b0 = 0,
    b1 = 0,
    b2 = 0,
    b3 = 0;
  for (let index = 0; index < inner; index++) {
    const a = x[x0 + index],
      b = x[x1 + index];
    a0 += a * w[w0 + index];
    a1 += a * w[w1 + index];
    a2 += a * w[w2 + index];
    a3 += a * w[w3 + index];
    b0 += b * w[w0 + index];
    b1 += b * w[w1 + index];
    b2 += b * w[w2 + index];
    b3 += b * w[w3 + index];
  }
  store(out, row, column, a0, a1, a2, a3);
  if (x1 !== x0) store(out, row + 1, column, b0, b1, b2, b3);
};

/**
 * x times the transpose of w: (rows of x, rows of w).
 * @param {Matrix} x
 * @param {Matrix} w with as many columns as x
 */
export const multiply = (x, w) => {
  if (!multiplyVectors || x.rows * w.rows * x.columns < FEW) return multiplyPlain(x, w);
  const out = newMatrix(x.rows, w.rows);
  multiplyVectors(x, w, out.data);
  return out;
};

/**
 * The same without vectors.
 * @param {Matrix} x
 * @param {Matrix} w
 */
export const multiplyPlain = (x, w) => {
  const out = newMatrix(x.rows, w.rows),
    whole = w.rows - (w.rows % 4);
  for (let column = 0; column < whole; column += 4)
    for (let row = 0; row < x.rows; row += 2) multiplyTile(x, w, out, row, column);
  for (let column = whole; column < w.rows; column++)
    for (let row = 0; row < x.rows; row++) out.data[row * w.rows + column] = dot(rowOf(x, row), rowOf(w, column));
  return out;
};

/**
 * `nn.Linear` on each row.
 * @param {Matrix} x
 * @param {Linear} layer
 */
export const linear = (x, { weight, bias }) => {
  const out = multiply(x, weight);
  for (let start = 0; start < out.data.length; start += bias.length)
    for (let column = 0; column < bias.length; column++) out.data[start + column] += bias[column];
  return out;
};

/**
 * The sum of two matrices of one size.
 * @param {Matrix} one
 * @param {Matrix} other
 */
export const add = (one, other) => {
  const out = newMatrix(one.rows, one.columns);
  for (let index = 0; index < out.data.length; index++) out.data[index] = one.data[index] + other.data[index];
  return out;
};

/**
 * LayerNorm of each row (Ba et al. 2016); without weights, mean 0 and variance 1.
 * @param {Matrix} x
 * @param {Norm} [norm]
 */
export const layerNorm = (x, norm) => {
  const out = newMatrix(x.rows, x.columns);
  for (let row = 0; row < x.rows; row++) {
    const values = rowOf(x, row),
      normed = rowOf(out, row);
    let mean = 0,
      variance = 0;
    for (let at = 0; at < values.length; at++) mean += values[at] / values.length;
    for (let at = 0; at < values.length; at++) variance += (values[at] - mean) ** 2 / values.length;
    const scale = 1 / Math.sqrt(variance + EPSILON);
    for (let at = 0; at < values.length; at++) {
      const value = (values[at] - mean) * scale;
      normed[at] = norm ? value * norm.weight[at] + norm.bias[at] : value;
    }
  }
  return out;
};

/**
 * Softmax of values times `scale`, in place.
 * @param {Float32Array} values
 */
export const softmax = (values, scale = 1) => {
  let most = Number.NEGATIVE_INFINITY,
    sum = 0;
  for (const value of values) most = Math.max(most, value);
  for (let index = 0; index < values.length; index++) sum += values[index] = Math.exp(scale * (values[index] - most));
  for (let index = 0; index < values.length; index++) values[index] /= sum;
  return values;
};

/**
 * The error function to within 1.5e-7 (Abramowitz and Stegun 1964, equation 7.1.26).
 * @param {number} x
 */
export const erf = (x) => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x)),
    tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
};

/**
 * GELU with the exact Gaussian integral (Hendrycks and Gimpel 2016).
 * @param {number} x
 */
export const gelu = (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2));

/** @param {number} x */
export const relu = (x) => Math.max(x, 0);
