// @ts-check
/* A model on some patches of an image, as vit/explain/masking.py runs it: a masked patch has no token (`unseen`), or
   the token of a blank patch (`erased`). A set of visible patches is a list of flags, one for each maskable patch. */
import { newMatrix, rowOf } from "./matrix.js";
import { patchesOf } from "./vit.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./vit.js").Model} Model */
/** @typedef {"erased" | "unseen"} MaskMode */
/** @typedef {ArrayLike<number | boolean>} Flags */
/**
 * `maskable` are the numbers of the patches that can be missing, row by row from 0; `logits` reads a set of them.
 * @typedef {{ maskMode: MaskMode, maskable: number[], patches: number, logits: (visible: Flags) => Float32Array,
 *   onGrid: (values: ArrayLike<number>) => Float32Array }} Masked
 */

/**
 * Log-odds of a class in nats, log p / (1 - p).
 * @param {ArrayLike<number>} logits
 * @param {number} target
 */
export const logOdds = (logits, target) => {
  let most = Number.NEGATIVE_INFINITY,
    sum = 0;
  for (let at = 0; at < logits.length; at++) if (at !== target) most = Math.max(most, logits[at]);
  for (let at = 0; at < logits.length; at++) if (at !== target) sum += Math.exp(logits[at] - most);
  return logits[target] - most - Math.log(sum);
};

/**
 * The patches with ink.
 * @param {Model} model
 * @param {Float32Array} image
 */
const inkedPatches = ({ config }, image) => {
  const patches = patchesOf(image, { ...config, mean: 0, std: 1 });
  return Array.from({ length: patches.rows }, (_, at) => at).filter((at) => rowOf(patches, at).some(Boolean));
};

/**
 * The model with the patches of an image (28 x 28) maskable.
 * @param {Model} model
 * @param {Float32Array} image
 * @param {MaskMode} maskMode
 * @returns {Masked}
 */
export const newMasked = (model, image, maskMode) => {
  const drawn = model.embed(image),
    blank = model.embed(new Float32Array(image.length)),
    patches = drawn.rows - 1,
    maskable = maskMode === "erased" ? inkedPatches(model, image) : Array.from({ length: patches }, (_, at) => at);

  const erased = (/** @type {Flags} */ visible) => {
    const tokens = newMatrix(blank.rows, blank.columns, blank.data.slice());
    for (const [at, patch] of maskable.entries())
      if (visible[at]) rowOf(tokens, 1 + patch).set(rowOf(drawn, 1 + patch));
    return tokens;
  };
  const unseen = (/** @type {Flags} */ visible) => {
    const rows = [0, ...maskable.filter((_, at) => visible[at]).map((patch) => 1 + patch)],
      tokens = newMatrix(rows.length, drawn.columns);
    for (const [at, row] of rows.entries()) rowOf(tokens, at).set(rowOf(drawn, row));
    return tokens;
  };
  const tokensOf = maskMode === "erased" ? erased : unseen;

  const onGrid = (/** @type {ArrayLike<number>} */ values) => {
    const grid = new Float32Array(patches);
    for (const [at, patch] of maskable.entries()) grid[patch] = values[at];
    return grid;
  };
  return { maskMode, maskable, patches, logits: (visible) => model.logits(tokensOf(visible)), onGrid };
};
