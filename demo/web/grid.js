// @ts-check
/* Patches in a square grid: their pixels, their places, and the way between them. Token 0 is cls, token 1 the first
   patch. */
import { t } from "./language.js";

/**
 * The pixels of patch `index` (row-major) of an image of `side` x `side` pixels: `size` x `size` values.
 * @param {ArrayLike<number>} image
 * @param {number} side
 * @param {number} size
 * @param {number} index
 */
export const patch = (image, side, size, index) => {
  const grid = side / size,
    top = Math.floor(index / grid) * size,
    left = (index % grid) * size;
  return Array.from(
    { length: size * size },
    (_, at) => image[(top + Math.floor(at / size)) * side + left + (at % size)],
  );
};

/**
 * The place of token `token` in a grid of `side` x `side`, in words.
 * @param {number} token
 * @param {number} side
 */
export const place = (token, side) =>
  t("row {row}, column {column}", { row: Math.floor((token - 1) / side) + 1, column: ((token - 1) % side) + 1 });

/**
 * The patch of a `to` x `to` grid that lies where patch `token` lies in a `from` x `from` grid; cls, 0, stays cls.
 * @param {number} token
 * @param {number} from
 * @param {number} to
 */
export const moved = (token, from, to) => {
  const at = (/** @type {number} */ index) => Math.floor(((index + 0.5) * to) / from);
  return token && 1 + to * at(Math.floor((token - 1) / from)) + at((token - 1) % from);
};

/**
 * By how many tokens an arrow key moves in a grid of `side` columns; undefined for another key.
 * @param {string} key
 * @param {number} side
 */
export const stride = (key, side) =>
  /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side })[key];

/**
 * The grid of a model that cuts 28x28 pixels into `patches` patches.
 * @param {number} patches
 */
export const gridOf = (patches) => {
  const side = Math.round(Math.sqrt(patches));
  return { grid_size: side, patch_size: 28 / side, image_size: 28 };
};
