// @ts-check
/* The changes of one drawing in words: moved, turned, and written with other pens. */
import { percent } from "../../web/format.js";
import { decimal, t } from "../../web/language.js";

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

/** @param {{ right: number, down: number }} shift in pixels; negative ones go left and up */
const shiftText = ({ right, down }) => {
  const values = { x: Math.abs(right), y: Math.abs(down) };
  if (!right && !down) return t("Not moved");
  if (!down) return right < 0 ? t("Moved {x} left (pixels)", values) : t("Moved {x} right (pixels)", values);
  if (!right) return down < 0 ? t("Moved {y} up (pixels)", values) : t("Moved {y} down (pixels)", values);
  if (right < 0)
    return down < 0
      ? t("Moved {x} left and {y} up (pixels)", values)
      : t("Moved {x} left and {y} down (pixels)", values);
  return down < 0
    ? t("Moved {x} right and {y} up (pixels)", values)
    : t("Moved {x} right and {y} down (pixels)", values);
};

/** @param {number} degrees clockwise */
const angleText = (degrees) => {
  const angle = Math.abs(degrees);
  if (!angle) return t("Not turned");
  return degrees < 0 ? t("Turned {angle}° to the left", { angle }) : t("Turned {angle}° to the right", { angle });
};

/** @param {number} pen pixels at each edge of a stroke */
const penText = (pen) => {
  const width = Math.abs(2 * pen),
    values = { width: Number.isInteger(width) ? width : decimal(width, 1) };
  if (!pen) return t("With its own pen");
  return pen < 0 ? t("Strokes {width} pixels thinner", values) : t("Strokes {width} pixels thicker", values);
};

/**
 * Change `at` in words.
 * @param {Changes} changes
 * @param {number} at
 */
export const changeText = (changes, at) => {
  const shift = shiftOf(changes, at);
  if (shift) return shiftText(shift);
  return at < firstPen(changes)
    ? angleText(changes.angles[at - firstAngle(changes)])
    : penText(changes.pens[at - firstPen(changes)]);
};

/**
 * What change `at` is read as.
 * @param {Changes} changes
 * @param {number} at
 */
export const readingText = (changes, at) =>
  t("{change}: read as {digit}, {share} sure", {
    change: changeText(changes, at),
    digit: changes.digits[at],
    share: percent(changes.confidence[at]),
  });

/**
 * In how many changes of each kind the drawing is still read as it is unchanged.
 * @param {Changes} changes
 */
export const summaryText = (changes) => {
  const digit = changes.digits[homeOf(changes)],
    [angles, pens] = [firstAngle(changes), firstPen(changes)];
  const same = (/** @type {number} */ from, to = changes.digits.length) =>
    changes.digits.slice(from, to).filter((other) => other === digit).length;
  return t(
    "Read as {digit}. It is still {digit} in {moved} of {places} places, at {turned} of {angles} angles, and with " +
      "{written} of {pens} pens.",
    {
      ...{ digit, moved: same(0, angles), places: angles, turned: same(angles, pens) },
      ...{ angles: changes.angles.length, written: same(pens), pens: changes.pens.length },
    },
  );
};
