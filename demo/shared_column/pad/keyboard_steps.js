// @ts-check
/* The steps of a pen that keys move, and the words for its place. */
import { t } from "../../web/language.js";
import { SIDE } from "./strokes.js";

const CELLS = 10, // columns and rows that are spoken
  CELL = SIDE / CELLS,
  STEP = CELL / 4; // units of the sheet

/** @type {Record<string, number[]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {string} key */
export const isStep = (key) => Object.hasOwn(WAYS, key);

/**
 * Where an arrow key moves the pen: a quarter of a column or row, or a whole one.
 * @param {number[]} point
 * @param {string} key
 * @param {boolean} far
 */
export const stepped = (point, key, far) =>
  point.map((value, axis) => Math.min(Math.max(value + WAYS[key][axis] * (far ? CELL : STEP), 0), SIDE));

/** @param {number} value */
const cell = (value) => Math.min(Math.floor(value / CELL), CELLS - 1) + 1;

/**
 * @param {number[]} point
 * @param {boolean} down
 */
export const placeText = ([x, y], down) => {
  const values = { column: cell(x), row: cell(y), cells: CELLS };
  return down
    ? t("Pen down, column {column} of {cells}, row {row} of {cells}", values)
    : t("Pen up, column {column} of {cells}, row {row} of {cells}", values);
};
