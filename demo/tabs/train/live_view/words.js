// @ts-check
/* What the snapshots of a training say of a drawing, in words. */
import { percent } from "../../../web/format.js";
import { grouped, plural, t } from "../../../web/language.js";
import { argmax } from "../../../web/numbers.js";

/** @typedef {{ step: number, probs: number[] }} Snapshot */

/**
 * The index of the snapshot from which the drawing is read as `digit` up to the end; -1 if it is not at the end.
 * @param {Snapshot[]} snapshots
 * @param {number} digit
 */
export const turningPoint = (snapshots, digit) => {
  let index = snapshots.length;
  while (index && argmax(snapshots[index - 1].probs) === digit) index--;
  return index === snapshots.length ? -1 : index;
};

/**
 * How one snapshot reads the drawing.
 * @param {Snapshot} snapshot
 * @param {string[]} names
 */
export const readingWords = ({ probs, step }, names) => {
  const digit = argmax(probs),
    reading = { digit: names[digit], share: percent(probs[digit]) };
  if (!step) return t("Before the first step it guesses {digit}, {share} sure.", reading);
  return plural(
    step,
    "After {n} step it reads your drawing as {digit}, {share} sure.",
    "After {n} steps it reads your drawing as {digit}, {share} sure.",
    reading,
  );
};

/**
 * When the reading became `digit`.
 * @param {Snapshot[]} snapshots
 * @param {number} digit
 * @param {string} name of the digit
 */
export const turningWords = (snapshots, digit, name) => {
  const turn = turningPoint(snapshots, digit);
  if (turn < 0) return t("At the end it is not read as {digit}.", { digit: name });
  if (turn === 0) return t("It was read as {digit} from the start, by chance.", { digit: name });
  const [before, after] = [snapshots[turn - 1].step, snapshots[turn].step].map(grouped);
  return t("From step {after} on it is read as {digit}; at step {before} it was not.", { after, before, digit: name });
};
