// @ts-check
/* The result of a training in words. */
import { percent } from "../../../web/format.js";
import { grouped, t } from "../../../web/language.js";
import { exactPercent } from "../numbers.js";

const LOW = 0.8, // accuracy, below which it is called low
  ALL_BUT_A_FEW = 0.9995;

/**
 * @typedef {{ val: number[][], test_accuracy: number | null, test_interval: [number, number] | null, names: string[],
 *   images: number, state: string }} Training
 * @typedef {{ probs: number[], digit: number, names: string[] }} Reading
 */

/** @param {number} right @param {number} count */
const outOf = (right, count) => t("{right} of {count}", { right, count: grouped(count) });

/**
 * A share in whole numbers that one can imagine: 97 of 100.
 * @param {number} share
 */
export const ofAHundred = (share) => {
  const right = Math.round(100 * share);
  if (right === 100 && share < 1)
    return share >= ALL_BUT_A_FEW ? t("all but a few") : outOf(Math.round(1000 * share), 1000);
  return outOf(right, 100);
};

/** @param {number} accuracy @param {{ share: string, images: string }} values */
const rightWords = (accuracy, values) => {
  if (accuracy < LOW)
    return t("It reads only {share} validation images right, after learning from {images} images.", values);
  return accuracy < 1 && accuracy >= ALL_BUT_A_FEW
    ? t("It reads all but a few validation images right, after learning from {images} images.", values)
    : t("It reads {share} validation images right, after learning from {images} images.", values);
};

/**
 * The accuracy on the validation images in words.
 * @param {Training} training
 */
export const accuracyWords = ({ val, names, images }) => {
  const accuracy = val.at(-1)?.[2];
  if (accuracy === undefined) return t("No images were held out, so there is no validation accuracy.");
  const words = rightWords(accuracy, { share: ofAHundred(accuracy), images: grouped(images) });
  if (accuracy >= 2 / names.length) return words;
  return `${words} ${t("Guessing alone gives {share}.", { share: ofAHundred(1 / names.length) })}`;
};

/**
 * The accuracy on the test images, with its confidence interval.
 * @param {Training} training
 */
export const testWords = ({ test_accuracy: accuracy, test_interval: interval }) =>
  accuracy === null || !interval
    ? ""
    : t("Test images: {share} right (95 % confidence interval {low} to {high}).", {
        share: exactPercent(accuracy),
        low: exactPercent(interval[0]),
        high: exactPercent(interval[1]),
      });

/**
 * How it reads the drawing.
 * @param {Reading} reading
 */
export const drawingWords = ({ probs, digit, names }) =>
  t("It reads your drawing as {digit}, {share} sure.", { digit: names[digit], share: percent(probs[digit]) });
