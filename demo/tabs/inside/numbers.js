// @ts-check
/* How tab "Inside" writes numbers and tokens, and the colours of its cells. */

import { fixed, percent } from "../../web/format.js";
import { place } from "../../web/grid.js";
import { decimal, t } from "../../web/language.js";

export const LEGIBLE = 18; // pixels: a narrower cell has its colour and no number
export const STRONGEST = 0.55; // opacity of a cell's colour at most, so that the number on it can be read

const COLOURS = { q: [47, 125, 225], k: [224, 64, 90], v: [30, 158, 90], negative: [100, 116, 139] };

/**
 * A number in two digits, as far as it is below 100.
 * @param {number} value
 */
export const coarse = (value) => fixed(value, Math.abs(value) < 9.95 ? 1 : 0);

/**
 * A number for a narrow cell: 0.3 is ".3", and what would be 0.0 is "0".
 * @param {number} value
 */
export const compact = (value) =>
  Math.abs(value) < 0.05 ? "0" : decimal(value, Math.abs(value) < 9.95 ? 1 : 0).replace(/\b0(?=[.,])/, "");

/**
 * A share in [0, 1] in a sentence.
 * @param {number} share
 */
export const shareText = (share) =>
  share < 0.0005 ? t("less than {share}", { share: percent(0.001) }) : percent(share);

/**
 * The square root of `width`, without decimals where it is whole.
 * @param {number} width
 * @param {number} digits
 */
export const rootText = (width, digits = 2) => {
  const root = Math.sqrt(width);
  return fixed(root, Number.isInteger(root) ? 0 : digits);
};

/**
 * @param {number} token
 */
export const tokenName = (token) => (token ? t("patch {n}", { n: token }) : "cls");

/**
 * A token's name with its place in a grid of `side` columns.
 * @param {number} token
 * @param {number} side
 */
export const tokenPlace = (token, side) =>
  token ? t("patch {n} ({place})", { n: token, place: place(token, side) }) : "cls";

/**
 * A cell's colour: the part's own above zero, grey below; the number shows its sign as well.
 * @param {"q" | "k" | "v"} part
 * @param {number} value
 * @param {number} scale the value of the strongest colour
 */
export const cellColour = (part, value, scale) => {
  const opacity = STRONGEST * Math.min(Math.abs(value) / scale, 1);
  return `rgb(${COLOURS[value < 0 ? "negative" : part].join(" ")} / ${opacity.toFixed(3)})`;
};

/**
 * The largest magnitude in `rows`, never zero.
 * @param {Iterable<Iterable<number>>} rows
 */
export const largest = (rows) => {
  let most = 1e-9;
  for (const row of rows) for (const value of row) most = Math.max(most, Math.abs(value));
  return most;
};
