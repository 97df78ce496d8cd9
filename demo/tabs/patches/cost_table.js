// @ts-check
/* What patches of other sizes would cost this model. */
import { make } from "../../web/dom.js";

const SIZES = [28, 14, 7, 4, 2, 1]; // pixels

/**
 * @typedef {{ image_size: number, patch_size: number, num_tokens: number, depth: number, num_heads: number }} Model
 */

/**
 * @param {number} value
 */
const grouped = (value) => value.toLocaleString("en");

/**
 * How much larger the attention maps would be if each pixel were a token.
 * @param {Model} model
 */
export const pixelsText = ({ image_size: side, num_tokens: tokens }) => {
  const pixels = side * side,
    factor = Math.round(((pixels + 1) / tokens) ** 2);
  return `This model reads ${tokens - 1} patches; single pixels would be ${pixels}, and one attention map ${grouped(factor)} times as large.`;
};

/**
 * For each size of a patch: the size, patches, tokens, attention weights in one map, and in all maps of the model.
 * @param {Model} model
 */
export const costRows = ({ image_size: side, depth, num_heads: heads }) =>
  SIZES.map((size) => {
    const patches = (side / size) ** 2,
      weights = (patches + 1) ** 2,
      counts = [patches, patches + 1, weights, weights * depth * heads];
    return { size, cells: [`${size}×${size} pixels`, ...counts.map(grouped)] };
  });

/**
 * Show the sentence and the table, with the model's own size marked.
 * @param {(selector: string) => HTMLElement} find
 * @param {Model} model
 */
export const showCosts = (find, model) => {
  find(".sum").textContent = pixelsText(model);
  find("tbody").replaceChildren(
    ...costRows(model).map(({ size, cells }) =>
      make(
        "tr",
        size === model.patch_size ? { class: "now" } : {},
        ...cells.map((/** @type {string} */ text) => make("td", {}, text)),
      ),
    ),
  );
};
