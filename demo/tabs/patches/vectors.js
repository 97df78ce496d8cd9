// @ts-check
/* The vectors of tab "Patches": how a token's is built, and how similar the positions are. Token 0 is cls. */

import { patch } from "../../web/grid.js";
import { decimal, t } from "../../web/language.js";

/**
 * An unpacked array, see web/arrays.js; of embeddings (tokens, width), of an image (side, side).
 * @typedef {{ shape: number[], data: ArrayLike<number> }} Numbers
 * @typedef {{ label: string, values: number[] }} Vector
 * @typedef {{ num_patches: number, grid_size: number, patch_size: number, image_size: number }} Model
 */

/**
 * Row `index` of a (rows, width) array.
 * @param {Numbers} numbers
 * @param {number} index
 */
export const rowOf = ({ shape: [, width], data }, index) =>
  Array.from({ length: width }, (_, at) => data[index * width + at]);

/**
 * The vectors that add up to what enters the first layer for `token`, and the largest magnitude in them.
 * @param {Numbers} patchEmbed
 * @param {Numbers} posEmbed
 * @param {number} token
 * @returns {{ vectors: Vector[], scale: number }}
 */
export const vectorsOf = (patchEmbed, posEmbed, token) => {
  const own = rowOf(patchEmbed, token),
    position = rowOf(posEmbed, token),
    vectors = [
      { label: token ? t("Patch embedding") : t("cls token"), values: own },
      { label: t("+ position embedding"), values: position },
      { label: t("= what enters the first layer"), values: own.map((value, at) => value + position[at]) },
    ];
  const magnitudes = vectors.flatMap(({ values }) => values.map(Math.abs));
  return { vectors, scale: Math.max(1e-9, ...magnitudes) };
};

/**
 * The range of a vector's values in words.
 * @param {number[]} values
 */
export const rangeText = (values) =>
  `${decimal(Math.min(...values), 2)} … ${decimal(Math.max(...values), 2)}`.replaceAll("-", "−");

/**
 * The cosine similarity of the position of `token` with each position of the grid.
 * @param {Numbers} posEmbed
 * @param {number} token
 */
export const positionSimilarities = (posEmbed, token) => {
  const own = rowOf(posEmbed, token);
  return Array.from({ length: posEmbed.shape[0] - 1 }, (_, index) => {
    const other = rowOf(posEmbed, index + 1),
      dot = own.reduce((sum, value, at) => sum + value * other[at], 0);
    return dot / (Math.hypot(...own) * Math.hypot(...other) || 1);
  });
};

/**
 * The pixels of `token` in [0, 1], row by row; cls has none.
 * @param {Numbers} image
 * @param {Model} model
 * @param {number} token
 */
export const pixelsOf = (image, model, token) =>
  token ? patch(image.data, model.image_size, model.patch_size, token - 1) : [];

/**
 * The token of the patch with the most ink.
 * @param {Numbers} image
 * @param {Model} model
 */
export const inkiestToken = (image, model) => {
  const ink = Array.from({ length: model.num_patches }, (_, index) =>
    pixelsOf(image, model, index + 1).reduce((sum, value) => sum + value, 0),
  );
  return ink.indexOf(Math.max(...ink)) + 1;
};
