// @ts-check
/* The effect of a gradient step in words. `effect` is the server's answer; `index` chooses one of its learning rates;
   `names` are those of the classes. */
import { percent, plain } from "../../../web/format.js";
import { language, t } from "../../../web/language.js";

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
  if (value === null) return t("no number");
  if (value && Math.abs(value) < 0.001) return `${value < 0 ? "−" : ""}<${plain(0.001)}`;
  return plain(Number(value.toPrecision(digits)));
};

/** @param {string} name of a class */
const withArticle = (name) => (name.length > 1 || language !== "en" ? name : `${name === "8" ? "an" : "a"} ${name}`);

/* How the parts of a model are called, alone and in a sentence. */
/** @type {Record<string, string[]>} */
const PARTS = {
  "patch embedding": [t("Patch embedding"), t("The patch embedding")],
  "positions and cls": [t("Positions and cls"), t("The positions and cls")],
  "last norm": [t("Last norm"), t("The last norm")],
  head: [t("Classification head"), t("The classification head")],
  queries: [t("Queries")],
  keys: [t("Keys")],
  values: [t("Values")],
  projection: [t("Projection")],
  norms: [t("Norms")],
};

/**
 * The title of a part of the model, in English for data.
 * @param {Part} part
 */
export const plainTitle = ({ name, block }) =>
  name === "block" ? `Layer ${Number(block) + 1}` : name[0].toUpperCase() + name.slice(1);

/**
 * The title of a part of the model.
 * @param {Part} part
 */
export const title = (part) =>
  part.name === "block" ? t("Layer {n}", { n: Number(part.block) + 1 }) : (PARTS[part.name]?.[0] ?? plainTitle(part));

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
  if (after[index].loss === null) return t("This step is so long that the model gives no number any more.");
  if (Number(before.loss) < 0.01 && fall >= 0)
    return taken
      ? t("The copy is {share} sure of {digit} now: there is almost nothing left to learn.", {
          share: was,
          digit: name,
        })
      : t(
          "The model is {share} sure of {digit} already: there is almost nothing to learn here. " +
            "Say that it should be another digit.",
          { share: was, digit: name },
        );
  if (fall < 0)
    return t("Too far! The step overshoots, and the loss rises from {before} to {after}.", {
      before: number(before.loss, 3),
      after: number(after[index].loss, 3),
    });
  if (is === was)
    return t("The right way, but not far: with this step the model is still {share} sure of {digit}.", {
      share: was,
      digit: name,
    });
  return t("With this step the model is {share} sure that this is {digit}, from {before}.", {
    share: is,
    digit: withArticle(name),
    before: was,
  });
};

/**
 * The loss, the part that lowers it most, and the other digits.
 * @param {Effect} effect
 * @param {number} index
 */
export const detail = (effect, index) => {
  const { before, after, parts, others } = effect,
    fall = fallOf(effect, index),
    sentences = [
      t("Loss {before} → {after}.", { before: number(before.loss, 3), after: number(after[index].loss, 3) }),
    ];
  const alone = (/** @type {Part} */ part) => Number(part.alone[index]);
  const best = parts
    .filter((part) => !isInside(part))
    .reduce((best, part) => (alone(part) > alone(best) ? part : best));
  if (fall > 0.001 && alone(best) > 0) {
    const part = PARTS[best.name]?.[1] ?? title(best),
      share = `${Math.round((100 * alone(best)) / fall)} %`;
    sentences.push(
      alone(best) >= fall
        ? t("{part} alone would bring all of this fall.", { part })
        : t("{part} alone would bring {share} of this fall, more than any other part.", { part, share }),
    );
  }
  if (others) {
    const values = { count: others.of, right: others.after[index], before: others.before };
    sentences.push(
      values.right === values.before
        ? t("Of {count} other digits the model then reads {right} right, as before.", values)
        : t("Of {count} other digits the model then reads {right} right, instead of {before}.", values),
    );
  }
  return sentences.join(" ");
};

/**
 * Parts change the loss together, so the effects of each alone need not add up.
 * @param {number} fall
 * @param {number} apart
 */
const comparison = (fall, apart) => {
  if (fall < 0) return t("Together they overshoot.");
  if (Math.abs(fall - apart) <= 0.05 * Math.max(Math.abs(fall), Math.abs(apart)))
    return t("The two agree, as they do for short steps.");
  return fall > apart
    ? t("Together they do more: each makes the others' steps count for more.")
    : t("Together they do less: what one part has gained, the next cannot gain again.");
};

/**
 * The fall by all parts together, and the sum of the falls by each alone.
 * @param {number} fall
 * @param {number} apart
 */
const together = (fall, apart) => {
  const values = { all: number(Math.abs(fall), 3), sum: number(Math.abs(apart), 3) };
  if (fall < 0)
    return apart < 0
      ? t("All parts together raise the loss by {all}; what each would do alone adds up to a rise of {sum}.", values)
      : t("All parts together raise the loss by {all}; what each would do alone adds up to a fall of {sum}.", values);
  return apart < 0
    ? t("All parts together lower the loss by {all}; what each would do alone adds up to a rise of {sum}.", values)
    : t("All parts together lower the loss by {all}; what each would do alone adds up to a fall of {sum}.", values);
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
  if (Math.abs(fall) < 0.001 && Math.abs(apart) < 0.001)
    return t("No part changes the loss by as much as {least}.", { least: plain(0.001) });
  return `${together(fall, apart)} ${comparison(fall, apart)}`;
};
