// @ts-check
/* Challenge "Which patches matter?": three patches, compared with the exact values. */
import { t } from "../../web/language.js";

export const MARKS = 3;

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/**
 * The patches with the largest values.
 * @param {number[]} values
 */
export const bestPatches = (values) =>
  [...values.keys()].sort((one, other) => values[other] - values[one]).slice(0, MARKS);

/**
 * Points in [0, 100]: the value of the marked patches, as a share of that of the three best. null if no patch helps.
 * @param {number[]} values
 * @param {number[]} marked
 */
export const points = (values, marked) => {
  const most = sum(bestPatches(values).map((patch) => values[patch]));
  if (most <= 0) return null;
  return Math.round((100 * Math.max(0, sum(marked.map((patch) => values[patch])))) / most);
};

/** @param {number | null} score */
export const guessText = (score) =>
  score === null
    ? t("No patch supports this answer, so nothing can be scored. Draw another digit.")
    : t("{score} of 100 points: your three patches have {score} % of the value of the best three (white frames).", {
        score,
      });

/** @param {number} score */
export const resultText = (score) =>
  t(
    "I guessed which patches matter to a vision transformer: {score} of 100 points, compared with the exact " +
      "Shapley values.",
    { score },
  );
