// @ts-check
/* What each part says of itself, in one line, and the view that a click on it opens. */

import { headWeights, mostAttendedPatch } from "../../web/attention_weights.js";
import { percent } from "../../web/format.js";
import { place } from "../../web/grid.js";
import { language, plural, t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { lensAt } from "./values.js";

/**
 * @typedef {{ kind: string, token?: number, layer?: number, head?: number, step?: number, digit?: number }} Part
 * @typedef {import("./values.js").Unpacked} Unpacked
 * @typedef {{ grid_size: number, patch_size: number, num_patches: number, embed_dim: number, depth: number,
 *   num_heads: number, mlp_dim: number, pool: string, positions: string, names: string[] }} Model
 * @typedef {{ model: Model, looks: Unpacked, lens: Unpacked, probs: number[], ink: number[] }} Shown
 */

const ORDINALS = "aefhilmnorsx"; // letters that are spoken with a vowel first

/** A digit or letter with its English article. @param {string} name */
const oneOf = (name) => {
  if (language !== "en" || (!/^\d+$/.test(name) && name.length > 1)) return name;
  return `${name === "8" || ORDINALS.includes(name.toLowerCase()) ? "an" : "a"} ${name}`;
};

/** @param {string} text */
const sentence = (text) => text[0].toUpperCase() + text.slice(1);

/**
 * The token that a map is asked about: the one under the pointer, else the one with most attention.
 * @param {Part} part
 * @param {number[]} row
 */
const askedOf = ({ token }, row) => token || mostAttendedPatch(row);

/**
 * What becomes of a patch, and how much attention it gets.
 * @param {Shown} shown
 * @param {number} token
 */
const aboutPatch = ({ model, ink, looks }, token) => {
  const share = percent(headWeights(looks, model.depth - 1, -1)[token]);
  const values = {
    place: place(token, model.grid_size),
    pixels: model.patch_size ** 2,
    ink: percent(ink[token - 1]),
    numbers: model.embed_dim,
  };
  const embedded =
    model.positions === "none"
      ? t("The patch in {place}: {pixels} pixels ({ink} ink) become {numbers} numbers.", values)
      : t(
          "The patch in {place}: {pixels} pixels ({ink} ink) become {numbers} numbers, " +
            "and {numbers} for its position are added.",
          values,
        );
  const seen =
    model.pool === "mean"
      ? t("In the last layer the patches give, on average, it {share} of their attention.", { share })
      : t("In the last layer cls gives it {share} of its attention.", { share });
  return `${embedded} ${seen}`;
};

/**
 * @param {Shown} shown
 * @param {Part} part
 */
const aboutHead = ({ model, looks }, part) => {
  const { layer = 0, head = 0 } = part,
    row = headWeights(looks, layer, head),
    token = askedOf(part, row),
    values = {
      layer: layer + 1,
      head: head + 1,
      share: percent(row[token]),
      place: place(token, model.grid_size),
    };
  const most = token === mostAttendedPatch(row) && model.num_patches > 1;
  if (model.pool === "mean") {
    return most
      ? t(
          "Layer {layer}, head {head}: the patches give, on average, {share} of their attention to the patch in " +
            "{place}, more than to any other.",
          values,
        )
      : t(
          "Layer {layer}, head {head}: the patches give, on average, {share} of their attention to the patch in " +
            "{place}.",
          values,
        );
  }
  return most
    ? t(
        "Layer {layer}, head {head}: cls gives {share} of its attention to the patch in {place}, more than to any " +
          "other.",
        values,
      )
    : t("Layer {layer}, head {head}: cls gives {share} of its attention to the patch in {place}.", values);
};

/**
 * @param {Shown} shown
 * @param {Part} part
 */
const aboutFlow = ({ model, looks }, { layer = 0, token = 1 }) => {
  const values = {
    layer: layer + 1,
    share: percent(headWeights(looks, layer, -1)[token]),
    place: place(token, model.grid_size),
  };
  return model.pool === "mean"
    ? plural(
        model.num_heads,
        "Layer {layer}: the patches give, on average, {share} of their attention to the patch in {place} (its one " +
          "head).",
        "Layer {layer}: the patches give, on average, {share} of their attention to the patch in {place} " +
          "(the mean of {n} heads).",
        values,
      )
    : plural(
        model.num_heads,
        "Layer {layer}: cls gives {share} of its attention to the patch in {place} (its one head).",
        "Layer {layer}: cls gives {share} of its attention to the patch in {place} (the mean of {n} heads).",
        values,
      );
};

/**
 * What the head reads after `step` layers, from the mean of the patches.
 * @param {number} step
 * @param {number} depth
 * @param {{ digit: string, share: string }} read
 */
const readFromMean = (step, depth, read) => {
  const values = { ...read, layer: step };
  if (step === 0)
    return t("Before the first layer, the head would read {digit} from the mean of the patches with {share}.", values);
  return step === depth
    ? t("After layer {layer}, the head reads {digit} from the mean of the patches with {share}: the answer.", values)
    : t("After layer {layer}, the head would read {digit} from the mean of the patches with {share}.", values);
};

/**
 * What the head reads after `step` layers, from cls.
 * @param {number} step
 * @param {number} depth
 * @param {{ digit: string, share: string }} read
 */
const readFromCls = (step, depth, read) => {
  const values = { ...read, layer: step };
  if (step === 0)
    return t("Before the first layer, the head would read {digit} from cls with {share}, whatever is drawn.", values);
  return step === depth
    ? t("After layer {layer}, the head reads {digit} from cls with {share}: the answer.", values)
    : t("After layer {layer}, the head would read {digit} from cls with {share}.", values);
};

/** @type {Record<string, (shown: Shown, part: Part) => string>} */
const SAYS = {
  patch: (shown, { token = 1 }) => aboutPatch(shown, token),
  cls: ({ model }) =>
    model.pool === "mean"
      ? t("This model has a cls token too, but its head reads the mean of the {count} patches: this line.", {
          count: model.num_patches,
        })
      : t(
          "The cls token: {numbers} learned numbers, the same for every drawing. " +
            "It collects from the patches, and the head reads the answer from it.",
          { numbers: model.embed_dim },
        ),
  block: ({ model }, { layer = 0 }) =>
    plural(
      model.num_heads,
      "Layer {layer}: {n} head of attention mix the tokens, " +
        "then an MLP with {units} hidden units works on each token alone.",
      "Layer {layer}: {n} heads of attention mix the tokens, " +
        "then an MLP with {units} hidden units works on each token alone.",
      { layer: layer + 1, units: model.mlp_dim },
    ),
  head: aboutHead,
  flow: aboutFlow,
  ring: ({ model, lens, probs }, { step = 0 }) => {
    const row = step === model.depth ? probs : lensAt(lens, step),
      best = argmax(row),
      read = { digit: oneOf(model.names[best]), share: percent(row[best]) };
    return (model.pool === "mean" ? readFromMean : readFromCls)(step, model.depth, read);
  },
  bar: ({ model, probs }, { digit = 0 }) => {
    const values = { digit: sentence(model.names[digit]), share: percent(probs[digit]) };
    return digit === argmax(probs)
      ? t("{digit}: {share}, its answer. Click to ask why.", values)
      : t("{digit}: {share}. Click to ask what speaks for it.", values);
  },
};

/**
 * One line about a part, with its numbers.
 * @param {Shown} shown
 * @param {Part} part
 */
export const says = (shown, part) => SAYS[part.kind](shown, part);

/**
 * The view that a part opens, what is chosen there, and its name on a button.
 * @param {Part} part
 * @returns {{ view: string, title: string, selection: Record<string, number | null> }}
 */
export const opens = ({ kind, token = 0, layer = 0, head = -1, step = 0, digit = 0 }) => {
  if (kind === "patch" || kind === "cls") return { view: "patches", title: t("Patches"), selection: { token } };
  if (kind === "block") return { view: "inside", title: t("Inside"), selection: { layer } };
  if (kind === "ring")
    return { view: "layers", title: t("Layers"), selection: { layer: Math.max(0, step - 1), token: null } };
  if (kind === "bar") return { view: "why", title: t("Why"), selection: { digit } };
  return { view: "attention", title: t("Attention"), selection: { layer, head, token: null } };
};
