// @ts-check
/* Facts about the visitor's own drawing, which replace {names} in a tour's words. Each is computed from what the page
   has shown; a fact that is not known yet is replaced by a few general words.

   {read}           how the drawing is read: "4, 97.2 %"
   {best}           the patch of the largest value in Why: "row 2, column 3"
   {attended}       the patch with the most attention of cls in the last layer, of those with ink
   {overrated}      the patch that attention ranks too high, most of all
   {worth}          the value of the best patch, in log-odds: "+3.1"
   {guess}          how the patch that the visitor guessed (`guess` of a step) compares by value, as a sentence
   {same}           whether {best} and {attended} are the same patch, as a sentence
   {without}        what What if read last, and what it was before, as sentences
   {agreement}      how the order of attention agrees with the order of the values, as sentences
   {accuracy}       the accuracy of the visitor's training on digits that it does not learn from: "97.1 %" */

import { called } from "../web/class_names.js";
import { fixed, percent } from "../web/format.js";
import { place } from "../web/grid.js";
import { t } from "../web/language.js";

/** @typedef {Record<string, any>} Page */

/**
 * The index of the largest of `values` among `patches`; null if there is no patch.
 * @param {ArrayLike<number>} values
 * @param {number[]} patches
 */
const largest = (values, patches) =>
  patches.length ? patches.reduce((best, patch) => (values[patch] > values[best] ? patch : best)) : null;

/**
 * The patch of the largest value in Why.
 * @param {Page} page
 */
export const bestPatch = ({ explained }) => (explained ? largest(explained.values, explained.patches) : null);

/**
 * The patch with the most attention, of those with ink.
 * @param {Page} page
 */
export const mostAttended = ({ explained }) => (explained ? largest(explained.attention, explained.patches) : null);

/**
 * The place of each patch in the order of the values, the largest first.
 * @param {ArrayLike<number>} values
 * @param {number[]} patches
 */
const ranks = (values, patches) => {
  const order = [...patches].sort((one, other) => values[other] - values[one]);
  return new Map(order.map((patch, rank) => [patch, rank]));
};

/**
 * The patch whose place by attention is the most above its place by value; null if there is none.
 * @param {Page} page
 */
export const mostOverrated = ({ explained }) => {
  if (!explained) return null;
  const { patches, values, attention } = explained,
    [byValue, byAttention] = [ranks(values, patches), ranks(attention, patches)];
  const excess = (/** @type {number} */ patch) => (byValue.get(patch) ?? 0) - (byAttention.get(patch) ?? 0);
  const most = patches.reduce(
    (/** @type {number | null} */ best, /** @type {number} */ patch) =>
      best === null || excess(patch) > excess(best) ? patch : best,
    null,
  );
  return most !== null && excess(most) > 0 ? most : null;
};

/**
 * @param {number | null} patch
 * @param {Page} page
 */
const placeOf = (patch, { explained }) => (patch === null ? null : place(patch + 1, explained.grid_size));

/* Spearman's correlation in words. */
const GOOD = 0.8,
  WEAK = 0.4;

/** @param {number} rank */
const strength = (rank) => {
  if (rank >= GOOD) return t("Here attention is a good guide to what matters, but no proof");
  return rank >= WEAK
    ? t("Here attention is a rough guide to what matters, and no explanation")
    : t("Here attention is no explanation");
};

/** @param {Page} page */
const agreement = ({ explained }) => {
  if (!explained || explained.rank === null) return null;
  const rank = fixed(explained.rank);
  const agrees = explained.exact
    ? t("Rank agreement of attention with the exact values: {rank} (1: same order, 0: none).", { rank })
    : t("Rank agreement of attention with the estimated values: {rank} (1: same order, 0: none).", { rank });
  return `${agrees} ${strength(explained.rank)}`;
};

/** @param {Page} page */
const same = (page) => {
  const [best, attended] = [bestPatch(page), mostAttended(page)];
  if (best === null || attended === null) return null;
  return best === attended
    ? t("In your drawing, one patch has the most attention and the largest value: the frame marks it")
    : t("Dashed frame: most attention, {place}. Solid frame: largest value. In your drawing, they differ", {
        place: placeOf(attended, page),
      });
};

/** @param {number} value */
const signed = (value) => `${value < 0 ? "" : "+"}${fixed(value, 1)}`;

/** @param {Page} page */
const guess = (page) => {
  const { guess: patch = null, explained } = page;
  if (patch === null || !explained) return null;
  const place = placeOf(patch, page),
    rank = ranks(explained.values, explained.patches).get(patch);
  if (rank === undefined) return t("Your guess, {place}, has no ink, so it is worth nothing", { place });
  if (rank === 0) return t("You guessed this patch");
  return t("Your guess, {place}, is number {number} of {count}, with {value}", {
    ...{ place, number: rank + 1, count: explained.patches.length, value: signed(explained.values[patch]) },
  });
};

/**
 * A percentage hardly moves where the answer is clear; log-odds do. They are known for one erased patch.
 * @param {any} done
 * @param {Page} page
 */
const logOdds = ({ before, erased }, { explained }) => {
  const drop = erased.length === 1 ? explained?.alone?.[erased[0]] : undefined;
  if (drop === undefined) return [];
  return [
    t("Log-odds of {digit}: {before} before, {now} without it", {
      ...{ digit: called(before.digit), before: signed(explained.all), now: signed(explained.all - drop) },
    }),
  ];
};

/** @param {Page} page */
const without = (page) => {
  const done = page.dids.filter((/** @type {any} */ { what }) => what === "changed").at(-1);
  if (!done?.erased.length) return null;
  const [before, now] = [done.before, done.now].map(({ digit, share }) => `${called(digit)} (${percent(share)})`),
    { known } = done.now,
    holds = known && done.now.digit === done.before.digit;
  return [
    known
      ? t("Before: {before}. Without it: {now}", { before, now })
      : t("Before: {before}. Without it: {now}, but probably not a digit", { before, now }),
    ...logOdds(done, page),
    ...(holds ? [t("The other patches are enough for this answer")] : []),
  ].join(". ");
};

/** @type {Record<string, [(page: Page) => string | null, string]>} each fact, and the words that stand for it */
const FACTS = {
  read: [
    ({ reading }) => (reading ? `${called(reading.digit)}, ${percent(reading.probs[reading.digit])}` : null),
    t("its answer"),
  ],
  best: [(page) => placeOf(bestPatch(page), page), t("the patch with the solid frame in Why")],
  attended: [(page) => placeOf(mostAttended(page), page), t("the patch with the dashed frame in Why")],
  overrated: [(page) => placeOf(mostOverrated(page), page), t("any other patch with ink")],
  worth: [
    (page) => {
      const best = bestPatch(page);
      return best === null ? null : signed(page.explained.values[best]);
    },
    t("the most"),
  ],
  guess: [guess, t("Compare it with your guess")],
  same: [same, t("Compare the two frames")],
  without: [without, t("Compare the bars before and now")],
  agreement: [agreement, t("Open Why: it shows how far attention agrees with the values of your drawing")],
  accuracy: [({ training }) => (training?.val?.length ? percent(training.val.at(-1)[2]) : null), t("most digits")],
};

/** The names that words may have in braces. */
export const NAMES = Object.keys(FACTS);

/**
 * The words of a step, with the facts of this drawing.
 * @param {string} words
 * @param {Page} page
 */
export const fill = (words, page) =>
  words.replace(/\{(\w+)\}/g, (_, name) => {
    const [fact, otherwise] = FACTS[name];
    return fact(page) ?? otherwise;
  });
