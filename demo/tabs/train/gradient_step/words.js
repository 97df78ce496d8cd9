// @ts-check
/* The effect of a gradient step in words. `effect` is the server's answer; `index` chooses one of its learning rates;
   `names` are those of the classes. */
import { percent } from "../../../web/format.js";

/**
 * @typedef {{ loss: number | null, probs: number[] }} Output
 * @typedef {{ name: string, block: number | null, length: number, gradient: number, moved: number[],
 *   alone: (number | null)[], predicted: number[] }} Part
 * @typedef {{ digit: number, label: number, rates: number[], before: Output, after: Output[], parts: Part[],
 *   others: { of: number, before: number, after: number[] } | null }} Effect
 */

/**
 * A number with a few digits; null is what JSON has for infinity and NaN.
 * @param {number | null} value
 */
export const number = (value, digits = 2) => {
  if (value === null) return "no number";
  if (value && Math.abs(value) < 0.001) return `${value < 0 ? "−" : ""}<0.001`;
  return String(Number(value.toPrecision(digits)));
};

/** @param {string} name of a class */
const withArticle = (name) => (name.length > 1 ? name : `${name === "8" ? "an" : "a"} ${name}`);

/**
 * The title of a part of the model.
 * @param {Part} part
 */
export const title = ({ name, block }) =>
  name === "block" ? `Layer ${Number(block) + 1}` : name[0].toUpperCase() + name.slice(1);

/**
 * Whether a part lies inside a layer.
 * @param {Part} part
 */
export const isInside = ({ name, block }) => block !== null && name !== "block";

/**
 * The fall of the loss at a learning rate; NaN if the step leaves no number.
 * @param {Effect} effect
 * @param {number} index
 */
const fallOf = ({ before, after }, index) => (before.loss ?? NaN) - (after[index].loss ?? NaN);

/**
 * The headline: what the step does to the reading.
 * @param {Effect} effect
 * @param {number} index
 * @param {string[]} names
 * @param {number} taken how many steps the copy has already taken
 */
export const headline = (effect, index, names, taken) => {
  const { label, before, after } = effect,
    name = names[label],
    [was, is] = [before, after[index]].map(({ probs }) => percent(probs[label])),
    fall = fallOf(effect, index);
  if (after[index].loss === null) return "This step is so long that the model gives no number any more.";
  if (Number(before.loss) < 0.01 && fall >= 0)
    return taken
      ? `The copy is ${was} sure of ${name} now: there is almost nothing left to learn.`
      : `The model is ${was} sure of ${name} already: there is almost nothing to learn here. Say that it should be another digit.`;
  if (fall < 0)
    return `Too far! The step overshoots, and the loss rises from ${number(before.loss, 3)} to ${number(after[index].loss, 3)}.`;
  if (is === was) return `The right way, but not far: with this step the model is still ${was} sure of ${name}.`;
  return `With this step the model is ${is} sure that this is ${withArticle(name)}, from ${was}.`;
};

/**
 * The loss, the part that lowers it most, and the other digits.
 * @param {Effect} effect
 * @param {number} index
 */
export const detail = (effect, index) => {
  const { before, after, parts, others } = effect,
    fall = fallOf(effect, index),
    sentences = [`Loss ${number(before.loss, 3)} → ${number(after[index].loss, 3)}.`];
  const alone = (/** @type {Part} */ part) => Number(part.alone[index]);
  const best = parts
    .filter((part) => !isInside(part))
    .reduce((best, part) => (alone(part) > alone(best) ? part : best));
  if (fall > 0.001 && alone(best) > 0) {
    const name = best.name === "block" ? title(best) : `The ${best.name}`;
    const share = alone(best) >= fall ? "all" : `${Math.round((100 * alone(best)) / fall)} %`;
    sentences.push(
      `${name} alone would bring ${share} of this fall${share === "all" ? "" : ", more than any other part"}.`,
    );
  }
  if (others) {
    const right = others.after[index],
      change = right === others.before ? "as before" : `instead of ${others.before}`;
    sentences.push(`Of ${others.of} other digits the model then reads ${right} right, ${change}.`);
  }
  return sentences.join(" ");
};

/**
 * Parts change the loss together, so the effects of each alone need not add up.
 * @param {number} fall
 * @param {number} apart
 */
const comparison = (fall, apart) => {
  if (fall < 0) return "Together they overshoot.";
  if (Math.abs(fall - apart) <= 0.05 * Math.max(Math.abs(fall), Math.abs(apart)))
    return "The two agree, as they do for short steps.";
  return fall > apart
    ? "Together they do more: each makes the others' steps count for more."
    : "Together they do less: what one part has gained, the next cannot gain again.";
};

/**
 * The effect of all parts together, and the sum of their effects alone.
 * @param {Effect} effect
 * @param {number} index
 */
export const sumOfParts = (effect, index) => {
  const fall = Number(effect.before.loss) - Number(effect.after[index].loss);
  const apart = effect.parts
    .filter((part) => !isInside(part))
    .reduce((sum, part) => sum + Number(part.alone[index]), 0);
  if (Math.abs(fall) < 0.001 && Math.abs(apart) < 0.001) return "No part changes the loss by as much as 0.001.";
  return `All parts together ${fall < 0 ? "raise" : "lower"} the loss by ${number(Math.abs(fall), 3)}; what each would do alone adds up to ${apart < 0 ? "a rise" : "a fall"} of ${number(Math.abs(apart), 3)}. ${comparison(fall, apart)}`;
};
