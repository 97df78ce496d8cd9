// @ts-check
/* Challenge "Least data": read 98 % of the test digits right, from as few training images as possible. */
import { decimal, grouped, t } from "./language.js";

export const TARGET = 0.98; // of the test digits

/**
 * The fields of a training's state (demo/training/state.py) that count.
 * @typedef {{ dataset: string, images: number, test_accuracy: number | null }} Training
 * @typedef {{ images: number, accuracy: number, reached: boolean }} Score
 */

/**
 * The score of a training, null for one that is not measured or whose data set is not MNIST.
 * @param {Training} training
 * @returns {Score | null}
 */
export const leastDataScore = ({ dataset, images, test_accuracy: accuracy }) =>
  dataset === "mnist" && images > 0 && accuracy !== null ? { images, accuracy, reached: accuracy >= TARGET } : null;

/**
 * Whether `score` is better than `other`: reached before not reached, then fewer images, then a higher accuracy.
 * @param {Score} score
 * @param {Score} other
 */
export const isBetter = (score, other) => {
  if (score.reached !== other.reached) return score.reached;
  if (!score.reached) return score.accuracy > other.accuracy;
  return score.images === other.images ? score.accuracy > other.accuracy : score.images < other.images;
};

/** @param {number} share rounded down, so that 97.996 % is not called 98 % */
const shareWords = (share) => `${decimal(Math.floor(1e4 * share + 1e-6) / 100, 2)} %`;

/**
 * A score in one sentence, for the page and to share.
 * @param {Score} score
 */
export const leastDataText = ({ images, accuracy, reached }) => {
  const values = { share: shareWords(accuracy), images: grouped(images), target: 100 * TARGET };
  return reached
    ? t("Least data: {share} of the test digits from {images} training images. Can you do it with fewer?", values)
    : t(
        "Least data: {share} of the test digits from {images} training images. The challenge asks for {target} %.",
        values,
      );
};
