// @ts-check
/* What attention and the values of one drawing have in common, in words. */
import { place } from "../../web/grid.js";
import { t } from "../../web/language.js";
import { twoDecimals } from "./numbers.js";

/**
 * The comparison of attention with the values (demo/tabs/why/comparison.py).
 * @typedef {{
 *   patches: number, attention: number | null, value: number | null, by_value: number | null,
 *   rank: number | null, score: number | null,
 * }} Summary
 */

/**
 * @param {Summary} summary
 * @param {number} side patches of a side of the grid
 */
const patchesText = ({ patches, attention, value, by_value: number }, side) => {
  const [strongest, largest] = [attention, value].map((patch) => place((patch ?? 0) + 1, side));
  if (attention === value)
    return t("Attention is strongest at {place}; this patch also has the largest value.", { place: strongest });
  return t(
    "Attention is strongest at {place}, which is number {number} of {count} by value; the largest value is at " +
      "{largest}.",
    { place: strongest, number, count: patches, largest },
  );
};

/** @param {Summary} summary */
const scoresText = ({ rank, score }) => {
  const values = { rank: twoDecimals(rank ?? 0), score: twoDecimals(score ?? 0) };
  if (score === null) return t("Over all patches: rank agreement {rank}.", values);
  return rank === null
    ? t("Over all patches: score {score} (0: a random order, 1: the best).", values)
    : t("Over all patches: rank agreement {rank}, score {score} (0: a random order, 1: the best).", values);
};

/**
 * Where attention is strongest and where the largest value is; and, as a second sentence, how well the two agree.
 * @param {Summary} summary
 * @param {{ grid_size: number }} model
 */
export const summarySentences = (summary, { grid_size: side }) => {
  if (!summary.patches) return [t("There is no ink that the answer could depend on.")];
  if (summary.rank === null && summary.score === null) return [t("No patch matters more than another here.")];
  return [patchesText(summary, side), scoresText(summary)];
};

/** @param {Summary | null} summary */
const framesText = (summary) => {
  if (!summary || summary.attention === null || summary.value === null) return [];
  return summary.attention === summary.value
    ? [t("The frame: its strongest patch, which also has the largest value.")]
    : [t("Dashed: its strongest patch; solid: the largest value.")];
};

/**
 * What the map of attention shows, by what the head gets: the cls token, or the mean of all patches; and its frames.
 * @param {{ pool: string }} model
 * @param {Summary | null} summary
 */
export const looksText = ({ pool }, summary) =>
  [
    pool === "mean"
      ? t("Where all patches, on average, look in the last layer, mean of its heads.")
      : t("Where cls looks in the last layer, mean of its heads."),
    ...framesText(summary),
  ].join(" ");
