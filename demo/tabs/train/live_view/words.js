// @ts-check
/* What the snapshots of a training say of a drawing, in words. */
import { percent } from "../../../web/format.js";

/** @typedef {{ step: number, probs: number[] }} Snapshot */

/**
 * The index of the largest probability.
 * @param {number[]} probs
 */
export const argmax = (probs) => probs.reduce((best, prob, index) => (prob > probs[best] ? index : best), 0);

/** @param {number} step */
const grouped = (step) => step.toLocaleString("en");

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
    reading = `${names[digit]}, ${percent(probs[digit])} sure.`;
  if (!step) return `Before the first step it guesses ${reading}`;
  return `After ${grouped(step)} ${step === 1 ? "step" : "steps"} it reads your drawing as ${reading}`;
};

/**
 * When the reading became `digit`.
 * @param {Snapshot[]} snapshots
 * @param {number} digit
 * @param {string} name of the digit
 */
export const turningWords = (snapshots, digit, name) => {
  const turn = turningPoint(snapshots, digit);
  if (turn < 0) return `At the end it is not read as ${name}.`;
  if (turn === 0) return `It was read as ${name} from the start, by chance.`;
  const [before, after] = [snapshots[turn - 1].step, snapshots[turn].step].map(grouped);
  return `From step ${after} on it is read as ${name}; at step ${before} it was not.`;
};
