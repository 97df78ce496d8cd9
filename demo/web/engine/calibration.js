// @ts-check
/* Calibrated probabilities and the out-of-distribution (OOD) score, as vit/calibration.py and vit/ood_detector.py
   compute them. */
import { layerNorm, softmax } from "./matrix.js";
import { poolTokens } from "./vit.js";

/** @typedef {import("./vit.js").Trace} Trace */
/** @typedef {import("./vit.js").Tensors} Tensors */
/** @typedef {{ temperature: number, threshold: number, detector: Tensors | null }} Calibration */

const PREFIX = "confidence."; // of the detector's tensors in a checkpoint
const SIDE = 28; // pixels
const COARSE = 14; // cells per side of the downsampled image

/**
 * The calibration in a checkpoint; without one, everything counts as in distribution.
 * @param {Record<string, string>} metadata
 * @param {Tensors} tensors
 * @returns {Calibration}
 */
export const readCalibration = (metadata, tensors) => {
  const { temperature, threshold } = JSON.parse(metadata.confidence ?? '{ "temperature": 1, "threshold": 1 }');
  const own = Object.keys(tensors).filter((name) => name.startsWith(PREFIX));
  const detector = Object.fromEntries(own.map((name) => [name.slice(PREFIX.length), tensors[name]]));
  return { temperature, threshold, detector: own.length ? detector : null };
};

/**
 * Calibrated probabilities of logits (Guo et al. 2017, section 4.2).
 * @param {Calibration} calibration
 * @param {Float32Array} logits
 */
export const probsOf = ({ temperature }, logits) => softmax(logits.slice(), 1 / temperature);

/**
 * The energy of logits in nats (Liu et al. 2020, equation 4).
 * @param {Float32Array} logits
 */
export const energy = (logits) => {
  const most = Math.max(...logits);
  return -most - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
};

/**
 * The last pooled token, normed, and the mean patch token of each block.
 * @param {Trace} trace
 * @param {string} pool
 */
const featuresOf = ({ tokens }, pool) => {
  const last = tokens[tokens.length - 1],
    parts = [poolTokens(layerNorm(last), pool), ...tokens.map((each) => poolTokens(each, "mean"))],
    features = new Float32Array(parts.length * last.columns);
  for (const [at, part] of parts.entries()) features.set(part, at * last.columns);
  return features;
};

/**
 * The image in COARSE x COARSE cells.
 * @param {Float32Array} image
 */
const coarse = (image) => {
  const size = SIDE / COARSE;
  return Float32Array.from({ length: COARSE * COARSE }, (_, cell) => {
    const corner = Math.floor(cell / COARSE) * size * SIDE + (cell % COARSE) * size;
    return (image[corner] + image[corner + 1] + image[corner + SIDE] + image[corner + SIDE + 1]) / size ** 2;
  });
};

/**
 * A row times a tensor (rows, columns).
 * @param {ArrayLike<number>} row
 * @param {{ data: Float32Array }} tensor
 */
const project = (row, { data }) => {
  const columns = data.length / row.length,
    out = new Float64Array(columns);
  for (let at = 0; at < row.length; at++)
    for (let column = 0; column < columns; column++) out[column] += row[at] * data[at * columns + column];
  return out;
};

/**
 * Differences of a point from row `at` of a tensor.
 * @param {Float64Array} point
 * @param {{ data: Float32Array }} tensor
 * @param {number} at
 */
const apart = (point, { data }, at) => point.map((value, axis) => value - data[at * point.length + axis]);

/** @param {Float64Array} values */
const squared = (values) => values.reduce((sum, value) => sum + value * value, 0);

/**
 * The distance to the nearest class minus that to the non-digits, squared.
 * @param {Tensors} detector
 * @param {Float32Array} features
 */
const tokenScore = ({ axes, digits, others, spread }, features) => {
  const point = project(features, axes),
    classes = Array.from({ length: digits.shape[0] }, (_, at) => squared(apart(point, digits, at)));
  const away = apart(point, others, 0).map((value, axis) => value / Math.sqrt(spread.data[axis]));
  return Math.min(...classes) - squared(away);
};

/**
 * The squared Mahalanobis distance of the coarse image to the nearest class.
 * @param {Tensors} detector
 * @param {Float32Array} cells
 */
const imageScore = ({ view, shapes, whiten, volume }, cells) => {
  const point = project(cells, view),
    [classes, size] = shapes.shape;
  const distances = Array.from({ length: classes }, (_, at) => {
    const matrix = { data: whiten.data.subarray(at * size * size, (at + 1) * size * size) };
    return squared(project(apart(point, shapes, at), matrix)) + volume.data[at];
  });
  return Math.min(...distances);
};

/**
 * The quantile of a value among ascending `ranks`, in [0, 1], linearly interpolated.
 * @param {number} value
 * @param {Float32Array} ranks
 */
export const rank = (value, ranks) => {
  const steps = ranks.length - 1,
    above = ranks.findIndex((each) => each > value),
    below = Math.min(Math.max((above < 0 ? ranks.length : above) - 1, 0), steps - 1),
    part = (value - ranks[below]) / Math.max(ranks[below + 1] - ranks[below], 1.17549435e-38);
  return (below + Math.min(Math.max(part, 0), 1)) / steps;
};

/**
 * The share of validation digits that look more like a digit than the image does, in [0, 1].
 * @param {Calibration} calibration
 * @param {Trace} trace
 * @param {Float32Array} image
 * @param {string} pool
 */
export const oodScore = ({ detector }, trace, image, pool) => {
  if (!detector) return 0;
  const parts = [
    energy(trace.logits),
    tokenScore(detector, featuresOf(trace, pool)),
    imageScore(detector, coarse(image)),
  ];
  const raw = parts.reduce((sum, part, at) => sum + part * detector.weights.data[at], 0);
  return rank(raw, detector.ranks.data);
};
