// @ts-check
/* What was learned, in words. */
import { plural, t } from "../../web/language.js";

/** @typedef {import("./storage.js").Lesson} Lesson */

/**
 * How often each symbol was drawn and read right, and what it was read as otherwise: by the number of the symbol.
 * @param {Lesson} lesson
 */
export const countsOf = ({ names, read }) => {
  const counts = names.map((name) => ({ name, right: 0, of: 0, others: /** @type {Record<string, number>} */ ({}) }));
  for (const [label, now] of Object.values(read)) {
    const row = counts[label];
    row.of++;
    if (label === now) row.right++;
    else row.others[names[now]] = (row.others[names[now]] ?? 0) + 1;
  }
  return counts;
};

/** @param {Lesson} lesson */
export const summaryText = (lesson) => {
  const counts = countsOf(lesson),
    sum = (/** @type {"right" | "of"} */ key) => counts.reduce((before, row) => before + row[key], 0);
  return t("Of {all} drawings, each left out once, {right} were read right", { all: sum("of"), right: sum("right") });
};

/** @param {Lesson} lesson */
export const methodText = ({ folds }) =>
  t(
    "This is {folds}-fold cross-validation: {folds} copies learned, each without a part of the drawings, and read that " +
      "part. The model that reads now has learned from all of them.",
    { folds },
  );

/** @param {Lesson} lesson */
export const intervalText = ({ interval }) => {
  const [low, high] = interval.map((share) => Math.round(100 * share));
  return t(
    "With so few drawings chance counts: the 95 % interval of the share is {low} to {high} %. Drawings by other people " +
      "may be harder.",
    { low, high },
  );
};

/**
 * What a symbol was read as, where it was misread.
 * @param {Record<string, number>} others
 */
export const othersText = (others) => {
  const parts = Object.entries(others).map(([name, count]) => `${name} × ${count}`);
  return parts.length ? t("misread as: {names}", { names: parts.join(", ") }) : "";
};

/**
 * Whether a model knows the symbols as they are now.
 * @param {boolean} upToDate
 * @param {boolean} reads whether it is the model that reads
 */
export const stateText = (upToDate, reads) => {
  if (!upToDate) return t("You have changed the symbols since then. Press Learn again to bring the model up to date.");
  return reads ? "" : t("Another model reads now. Choose your model at the drawing, or press Learn again.");
};

/**
 * @param {{ done: number, of: number }} progress
 */
export const progressText = ({ done, of }) =>
  of ? t("Learning, step {done} of {of}", { done, of }) : t("Preparing, or waiting for another lesson to end");

/**
 * @param {number} added
 * @param {string[]} errors
 */
export const picturesText = (added, errors) => {
  const sentences = [plural(added, "{n} picture added.", "{n} pictures added.")];
  if (errors.length)
    sentences.push(
      plural(errors.length, "{n} could not be used: {reason}", "{n} could not be used, the first: {reason}", {
        reason: errors[0],
      }),
    );
  return sentences.join(" ");
};
