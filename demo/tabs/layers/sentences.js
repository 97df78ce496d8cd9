// @ts-check
/* The predictions of the tokens, and the map of the test digits, in words. */

import { percent } from "../../web/format.js";
import { grouped, plural, t } from "../../web/language.js";

/**
 * What one token predicts.
 * @param {string} digit
 * @param {string | null} place the patch, null for what the head reads
 * @param {string} pool
 */
export const tokenPredictionInWords = (digit, place, pool) => {
  if (place) return t("{place} predicts {digit}", { place, digit });
  return pool === "mean"
    ? t("The mean of the patches predicts {digit}", { digit })
    : t("The cls token predicts {digit}", { digit });
};

/**
 * The prediction after a layer, and how many of all patches agree with it.
 * @param {number} step
 * @param {number} agree
 * @param {{ when: string, reader: string, digit: string, share: string, count: number }} values
 */
export const predictionInWords = (step, agree, values) => {
  if (!step)
    return t(
      "{when}, {reader} predicts {digit} ({share}): it is the same for every drawing, because no layer has run yet.",
      values,
    );
  if (!agree) return t("{when}, {reader} predicts {digit} ({share}), and no patch does.", values);
  if (agree === values.count)
    return t("{when}, {reader} predicts {digit} ({share}), and so do all {count} patches.", values);
  return plural(
    agree,
    "{when}, {reader} predicts {digit} ({share}), and so does {n} of {count} patches.",
    "{when}, {reader} predicts {digit} ({share}), and so do {n} of {count} patches.",
    values,
  );
};

/**
 * The labels of the `count` dots nearest to a point.
 * @param {number[]} labels
 * @param {number[][]} spots
 * @param {number[]} point
 * @param {number} count
 */
export const nearest = (labels, spots, [x, y], count) =>
  labels
    .map((label, index) => [Math.hypot(spots[index][0] - x, spots[index][1] - y), label])
    .sort(([one], [other]) => one - other)
    .slice(0, count)
    .map(([, label]) => label);

/**
 * @param {number} step
 * @param {string} when
 * @param {number[]} labels
 */
export const nearestInWords = (step, when, labels) => {
  if (!step)
    return t(
      "Before the first layer there is one dot: cls is the same for every drawing. Press Play to see the digits " +
        "separate.",
    );
  const near = labels.length;
  const counts = Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
  const found = [...counts.entries()].filter(([, count]) => count).sort(([, one], [, other]) => other - one);
  if (found.length === 1)
    return t("{when}, the {near} dots nearest to the drawing are all {digit}s.", { when, near, digit: found[0][0] });
  const digits = found.map(([digit, count]) => t("{digit} ({count} of them)", { digit, count }));
  return t("{when}, the {near} dots nearest to the drawing are {digits}.", { when, near, digits: digits.join(", ") });
};

/**
 * How far the flat map can be trusted after a layer; "" before the first.
 * @param {number} step
 * @param {{ flat: number[], full: number[], images: number }} figures
 * @param {number} D
 */
export const trustInWords = (step, figures, D) => {
  if (!step) return "";
  const [flat, full] = [figures.flat, figures.full].map((shares) => percent(shares[step - 1] ?? 0));
  return t(
    "How far to trust this: {flat} of {images} test digits have mostly neighbours of their own digit on the map " +
      "after " +
      "this layer, and {full} in all {dimensions} dimensions. Digits that look mixed here may be separate there.",
    { flat, full, images: grouped(figures.images), dimensions: D },
  );
};

/** @param {{ stored: boolean, labels: number[] }} map */
export const originInWords = ({ stored, labels }) =>
  stored
    ? t(
        "Each dot is one of {count} test digits. A small network, fitted to other digits, keeps neighbours after " +
          "the last " +
          "layer together (t-SNE), without the labels. It places the drawing on the map too.",
        { count: grouped(labels.length) },
      )
    : t(
        "This model has no map of its own. The dots are {count} test digits along the first two principal components " +
          "after the last layer.",
        { count: labels.length },
      );
