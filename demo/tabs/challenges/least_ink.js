// @ts-check
/* Challenge "Least ink": each digit with the least ink that is still read with 95 %. */
import { decimal, t } from "../../web/language.js";

export const ENOUGH = 0.95; // probability
const CLASSES = 10;

/** @typedef {Record<string, number>} Inks the least ink by digit, in pixels */

/**
 * The ink of an image: the sum of its pixels in [0, 1].
 * @param {ArrayLike<number>} pixels
 */
export const inkOf = (pixels) => {
  let total = 0;
  for (let at = 0; at < pixels.length; at++) total += pixels[at];
  return Math.round(10 * total) / 10;
};

/**
 * Whether a reading counts: at least 95 % sure of a digit, and in distribution.
 * @param {{ probs: number[], digit: number, in_distribution: boolean }} reading
 */
export const counts = ({ probs, digit, in_distribution: certain }) => certain && probs[digit] >= ENOUGH;

/**
 * The inks with one more drawing, the same object if it is not less.
 * @param {Inks} inks
 * @param {number} digit
 * @param {number} ink
 * @returns {Inks}
 */
export const withDrawing = (inks, digit, ink) => (ink < (inks[digit] ?? Infinity) ? { ...inks, [digit]: ink } : inks);

/**
 * The digits that are drawn, and their ink together.
 * @param {Inks} inks
 */
export const total = (inks) => {
  const all = Object.values(inks);
  return { digits: all.length, ink: Math.round(10 * all.reduce((sum, ink) => sum + ink, 0)) / 10 };
};

/** @param {Inks} inks */
export const resultText = (inks) => {
  const { digits, ink } = total(inks),
    values = { digits, ink: decimal(ink, 1) };
  return digits === CLASSES
    ? t("Least ink: all ten digits with {ink} pixels of ink, each read with at least 95 %.", values)
    : t("Least ink: {digits} of ten digits with {ink} pixels of ink, each read with at least 95 %.", values);
};
