/* The smallest change in words. An answer is what the server sends, with `way` and `from`, the digit before. */
import { called, doubtful, ifItIs, oneOf } from "../../web/class_names.js";
import { fixed, percent } from "../../web/format.js";
import { patch, place } from "../../web/grid.js";
import { plural, t } from "../../web/language.js";
import { argmax, sum } from "../../web/numbers.js";

const LITTLE = 0.05; // pixels of ink that are not worth a word

const names = ({ from, target }) => ({ from: called(from), to: oneOf(target) });

const erasedText = (answer) =>
  plural(
    answer.patches.length,
    "Without {n} patch, your {from} becomes {to} for this model. This is exact: no smaller set of patches does it.",
    "Without {n} patches, your {from} becomes {to} for this model. This is exact: no smaller set of patches does it.",
    names(answer),
  );

const notErasedText = (answer) =>
  answer.searched === answer.inked
    ? t(
        "Rubbing out patches never turns your {from} into {to}. This is exact: all sets of patches were read.",
        names(answer),
      )
    : plural(
        answer.searched,
        "No set of up to {n} patch turns your {from} into {to}. Larger sets are too many to read.",
        "No set of up to {n} patches turns your {from} into {to}. Larger sets are too many to read.",
        names(answer),
      );

const changedText = (answer) => {
  const { added, removed, places } = answer,
    values = { ...names(answer), added: fixed(added, 1), removed: fixed(removed, 1) };
  if (removed < LITTLE)
    return plural(
      places,
      "{added} pixels of ink added in {n} place turn your {from} into {to} for this model.",
      "{added} pixels of ink added in {n} places turn your {from} into {to} for this model.",
      values,
    );
  if (added < LITTLE)
    return plural(
      places,
      "{removed} pixels of ink taken away in {n} place turn your {from} into {to} for this model.",
      "{removed} pixels of ink taken away in {n} places turn your {from} into {to} for this model.",
      values,
    );
  return plural(
    places,
    "{added} pixels of ink added and {removed} taken away, in {n} place, turn your {from} into {to} for this model.",
    "{added} pixels of ink added and {removed} taken away, in {n} places, turn your {from} into {to} for this model.",
    values,
  );
};

const notFoundText = (answer) =>
  t("The search found no change that turns your {from} into {to}. There may still be one.", names(answer));

/* What the answer says, in one or two sentences. */
export const summaryText = (answer) => {
  if (answer.way === "patches") return answer.reached ? erasedText(answer) : notErasedText(answer);
  if (!answer.reached) return notFoundText(answer);
  return [changedText(answer), t("Found by a search: there may be a smaller change.")].join(" ");
};

/* The patch in which most ink changes, in words; `grid` is that of the model. Empty where nothing changes. */
export const whereText = ({ images, grid: { grid_size: count, patch_size: size, image_size: side } }) => {
  const before = images[0],
    change = images.at(-1).map((ink, at) => Math.abs(ink - before[at])),
    amounts = Array.from({ length: count * count }, (_, index) => sum(patch(change, side, size, index)));
  if (!sum(amounts)) return "";
  return t("The patch that changes most: {place}.", { place: place(1 + argmax(amounts), count) });
};

/* How the change compares with the median of test digits; empty for a model that was not measured. */
export const comparedText = ({ measured, way }) => {
  if (!measured) return "";
  const { median, digits } = measured;
  if (way === "patches")
    return plural(
      median,
      "For {digits} test digits the median is {n} patch, to the easiest other digit.",
      "For {digits} test digits the median is {n} patches, to the easiest other digit.",
      { digits },
    );
  return t("For {digits} test digits the median is {ink} pixels of ink, to the easiest other digit.", {
    ...{ digits, ink: fixed(median, 1) },
  });
};

/* What is read after a step, short. */
export const readText = ({ digit, in_distribution: known }, step) =>
  known[step] ? t("Read as {digit}", { digit: called(digit[step]) }) : doubtful(digit[step]);

/* Which step is shown, and what is read after it. */
export const stepText = (answer, step) => {
  const { digit, probs, in_distribution: known } = answer,
    share = percent(probs[step][digit[step]]),
    certainty = known[step] ? share : `${share} ${ifItIs()}`,
    values = { reading: readText(answer, step), share: certainty, step, all: digit.length - 1 };
  return step ? t("Step {step} of {all}. {reading}, {share}", values) : t("Your drawing. {reading}, {share}", values);
};
