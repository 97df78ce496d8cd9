// @ts-check
/* The map of the test digits in words. */
import { percent } from "../../web/format.js";

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
    return "Before the first layer there is one dot: cls is the same for every drawing. Press Play to see the digits separate.";
  const near = labels.length;
  const counts = Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
  const listed = [...counts.entries()]
    .filter(([, count]) => count)
    .sort(([, one], [, other]) => other - one)
    .map(([digit, count]) => (count === near ? `all ${digit}s` : `${digit} (${count} of them)`));
  return `${when}, the ${near} dots nearest to the drawing are ${listed.join(", ")}.`;
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
  return `How far to trust this: ${flat} of ${figures.images.toLocaleString("en")} test digits have mostly neighbours of their own digit on the map after this layer, and ${full} in all ${D} dimensions. Digits that look mixed here may be separate there.`;
};

/** @param {{ stored: boolean, labels: number[] }} map */
export const originInWords = ({ stored, labels }) =>
  stored
    ? `Each dot is one of ${labels.length.toLocaleString("en")} test digits. A small network, fitted to other digits, keeps neighbours after the last layer together (t-SNE), without the labels. It places the drawing on the map too.`
    : `This model has no map of its own. The dots are ${labels.length} test digits along the first two principal components after the last layer.`;
