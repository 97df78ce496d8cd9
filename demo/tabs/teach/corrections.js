// @ts-check
/* Corrections, and their text in a file. Text from a file is checked completely, and only its numbers are used. */

const FORMAT = "inkling-corrections",
  VERSION = 1,
  FARTHEST = 1e5, // units of the pad's sheet
  SMALLEST = 6; // units; a drawing that spans less is a dot

/**
 * @typedef {{ label: number, strokes: number[][][] }} Correction its points are [x, y]
 * @typedef {{ most: number, points: number }} Limits of corrections, and of points in one of them
 */

/**
 * @param {string} reason
 * @returns {never}
 */
export const refuse = (reason) => {
  throw new Error(reason);
};

/** @param {unknown} value */
const shown = (value) => String(JSON.stringify(value) ?? value).slice(0, 20);

/**
 * A short name for a correction (FNV-1a over its points).
 * @param {Correction} correction
 */
export const keyOf = ({ label, strokes }) => {
  let hash = 2166136261;
  for (const letter of JSON.stringify(strokes)) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return `${label}-${(hash >>> 0).toString(36)}`;
};

/**
 * @param {Correction} one
 * @param {Correction} other
 */
export const sameDrawing = (one, other) => JSON.stringify(one.strokes) === JSON.stringify(other.strokes);

/**
 * Strokes with places only: without the times and the pressure of the pen.
 * @param {number[][][]} strokes
 */
export const placesOnly = (strokes) =>
  strokes.map((stroke) => stroke.map(([x, y]) => [Math.round(10 * x) / 10, Math.round(10 * y) / 10]));

/** @param {unknown} point */
const isPoint = (point) =>
  Array.isArray(point) &&
  point.length >= 2 &&
  point.slice(0, 2).every((value) => Number.isFinite(value) && Math.abs(value) <= FARTHEST);

/** @param {unknown} strokes */
const areStrokes = (strokes) =>
  Array.isArray(strokes) &&
  strokes.length > 0 &&
  strokes.every((stroke) => Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint));

/** @param {number[]} values */
const range = (values) => Math.max(...values) - Math.min(...values);

/**
 * Check one correction; an error says what is wrong with it.
 * @param {any} correction
 * @param {number} index
 * @param {Limits} limits
 * @returns {Correction}
 */
export const checked = (correction, index, limits) => {
  const which = `Correction ${index + 1}`,
    { label, strokes } = correction ?? {};
  if (!Number.isInteger(label) || label < 0 || label > 9)
    refuse(`${which} has the label ${shown(label)}, which is no digit from 0 to 9.`);
  if (!areStrokes(strokes)) refuse(`${which} has no strokes that could be drawn: they must be lists of points [x, y].`);
  const points = strokes.flat();
  if (points.length > limits.points)
    refuse(
      `${which} has ${points.length.toLocaleString("en")} points; at most ${limits.points.toLocaleString("en")} can be taught.`,
    );
  const extent = (/** @type {number} */ axis) => range(points.map((/** @type {number[]} */ point) => point[axis]));
  if (Math.max(extent(0), extent(1)) < SMALLEST) refuse(`${which} is only a dot.`);
  return { label, strokes: placesOnly(strokes) };
};

/** @param {Correction[]} corrections */
export const asText = (corrections) => JSON.stringify({ format: FORMAT, version: VERSION, corrections });

/**
 * Parse corrections; an error says in one sentence why the text has none.
 * @param {string} text
 * @param {Limits} limits
 */
export const parsed = (text, limits) => {
  /** @type {any} */
  let file = null;
  try {
    file = JSON.parse(text);
  } catch {
    refuse("it is not JSON.");
  }
  if (file?.format !== FORMAT) refuse("it holds no corrections that were exported here.");
  if (file.version !== VERSION)
    refuse(`it is of version ${shown(file.version)}, but only version ${VERSION} can be read.`);
  if (!Array.isArray(file.corrections)) refuse("it has no list of corrections.");
  const count = file.corrections.length;
  if (count > limits.most)
    refuse(`it holds ${count.toLocaleString("en")} corrections; at most ${limits.most} can be taught.`);
  return file.corrections.map((/** @type {unknown} */ one, /** @type {number} */ index) => checked(one, index, limits));
};

/**
 * Add corrections; one of the same drawing is replaced.
 * @param {Correction[]} corrections
 * @param {Correction[]} added
 * @param {Limits} limits
 */
export const merged = (corrections, added, { most }) => {
  const rest = corrections.filter((old) => !added.some((correction) => sameDrawing(old, correction)));
  if (rest.length + added.length > most)
    refuse(
      `there would be ${rest.length + added.length} corrections; at most ${most} can be taught. Remove some first.`,
    );
  return [...rest, ...added];
};
