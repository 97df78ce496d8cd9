// @ts-check
/* Drawings that a model learns: strokes or pictures, checked where they come from a file. */
import { t } from "./language.js";

const FARTHEST = 1e5, // units of the pad's sheet
  SMALLEST = 6; // units; a drawing that spans less is a dot

/**
 * @typedef {{ strokes?: number[][][], picture?: any }} Drawing strokes of points [x, y], or a packed image of 28 x 28
 * pixels
 */

/**
 * @param {string} reason
 * @returns {never}
 */
export const refuse = (reason) => {
  throw new Error(reason);
};

/** @param {unknown} value */
export const shown = (value) => String(JSON.stringify(value) ?? value).slice(0, 20);

/**
 * The content of a file that the page exported; an error says in one sentence why the text has none.
 * @param {string} text
 * @param {{ format: string, version: number, foreign: string }} known the file's kind, the only version that can be
 * read, and the sentence about a file of another kind
 * @returns {any}
 */
export const exported = (text, { format, version, foreign }) => {
  let file = null;
  try {
    file = JSON.parse(text);
  } catch {
    refuse(t("it is not JSON."));
  }
  if (file?.format !== format) refuse(foreign);
  if (file.version !== version)
    refuse(
      t("it is of version {version}, but only version {known} can be read.", {
        version: shown(file.version),
        known: version,
      }),
    );
  return file;
};

/**
 * What tells a drawing from others.
 * @param {Drawing} drawing
 */
export const contentOf = ({ strokes, picture }) => JSON.stringify(picture?.data ?? strokes);

/**
 * @param {Drawing} one
 * @param {Drawing} other
 */
export const sameDrawing = (one, other) => contentOf(one) === contentOf(other);

/**
 * Strokes with places only: without the times and the pressure of the pen.
 * @param {number[][][]} strokes
 */
export const placesOnly = (strokes) =>
  strokes.map((stroke) => stroke.map(([x, y]) => [Math.round(10 * x) / 10, Math.round(10 * y) / 10]));

/**
 * What can be learned of a reading's source or of a sheet; null for a test digit of MNIST.
 * @param {Drawing} source
 * @returns {Drawing | null}
 */
export const drawingOf = ({ strokes, picture }) => {
  if (picture) return { picture };
  return strokes ? { strokes: placesOnly(strokes) } : null;
};

/** @param {unknown} point */
const isPoint = (point) =>
  Array.isArray(point) &&
  point.length >= 2 &&
  point.slice(0, 2).every((value) => Number.isFinite(value) && Math.abs(value) <= FARTHEST);

/** @param {unknown} strokes */
export const areStrokes = (strokes) =>
  Array.isArray(strokes) &&
  strokes.length > 0 &&
  strokes.every((stroke) => Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint));

/** @param {number[]} values */
const range = (values) => Math.max(...values) - Math.min(...values);

/**
 * Whether strokes span so little that they are a dot.
 * @param {number[][][]} strokes
 */
export const isDot = (strokes) => {
  const points = strokes.flat();
  return [0, 1].every((axis) => range(points.map((point) => point[axis])) < SMALLEST);
};

/**
 * A short name for a text (FNV-1a).
 * @param {string} text
 */
export const hashOf = (text) => {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return (hash >>> 0).toString(36);
};
