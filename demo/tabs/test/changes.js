// @ts-check
/* The changes of one drawing in words: moved, turned, and written with other pens. */
import { percent } from "../../web/format.js";

/**
 * How a drawing and its changes are read. `digits` and `confidence` go through all changes: moved (row by row, from up
 * to down, in each row from left to right), turned, and with other pens.
 * @typedef {{ shifts: number[], angles: number[], pens: number[], digits: number[], confidence: number[] }} Changes
 */

/** @param {Changes} changes */
export const homeOf = ({ shifts }) => shifts.indexOf(0) * (shifts.length + 1);

/** @param {Changes} changes */
export const firstAngle = ({ shifts }) => shifts.length ** 2;

/** @param {Changes} changes */
export const firstPen = (changes) => firstAngle(changes) + changes.angles.length;

/**
 * The shift of change `at`, in pixels; null where the change is another one.
 * @param {Changes} changes
 * @param {number} at
 */
export const shiftOf = (changes, at) => {
  const { shifts } = changes;
  if (at >= firstAngle(changes)) return null;
  return { right: shifts[at % shifts.length], down: shifts[Math.floor(at / shifts.length)] };
};

/**
 * @param {number} count
 * @param {string} before
 * @param {string} after
 */
const pixels = (count, before, after) => (count ? [`${Math.abs(count)} ${count < 0 ? before : after}`] : []);

/**
 * Change `at` in words.
 * @param {Changes} changes
 * @param {number} at
 */
export const changeText = (changes, at) => {
  const shift = shiftOf(changes, at);
  if (shift) {
    const moves = [...pixels(shift.right, "left", "right"), ...pixels(shift.down, "up", "down")];
    return moves.length ? `Moved ${moves.join(" and ")} (pixels)` : "Not moved";
  }
  if (at < firstPen(changes)) {
    const angle = changes.angles[at - firstAngle(changes)];
    return angle ? `Turned ${Math.abs(angle)}° to the ${angle < 0 ? "left" : "right"}` : "Not turned";
  }
  const pen = changes.pens[at - firstPen(changes)];
  return pen ? `Strokes ${2 * Math.abs(pen)} pixels ${pen < 0 ? "thinner" : "thicker"}` : "With its own pen";
};

/**
 * What change `at` is read as.
 * @param {Changes} changes
 * @param {number} at
 */
export const readingText = (changes, at) =>
  `${changeText(changes, at)}: read as ${changes.digits[at]}, ${percent(changes.confidence[at])} sure`;

/**
 * In how many changes of each kind the drawing is still read as it is unchanged.
 * @param {Changes} changes
 */
export const summaryText = (changes) => {
  const digit = changes.digits[homeOf(changes)],
    [angles, pens] = [firstAngle(changes), firstPen(changes)];
  const same = (/** @type {number} */ from, to = changes.digits.length) =>
    changes.digits.slice(from, to).filter((other) => other === digit).length;
  return `Read as ${digit}. It is still ${digit} in ${same(0, angles)} of ${angles} places, at ${same(angles, pens)} of ${changes.angles.length} angles, and with ${same(pens)} of ${changes.pens.length} pens.`;
};
