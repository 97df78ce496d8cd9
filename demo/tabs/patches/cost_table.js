// @ts-check
/* What patches of other sizes would cost this model. */

import { make } from "../../web/dom.js";
import { grouped, language, t } from "../../web/language.js";

const SIZES = [28, 14, 7, 4, 2, 1]; // pixels

/**
 * @typedef {{ image_size: number, patch_size: number, num_tokens: number, depth: number, num_heads: number }} Model
 */

/**
 * @param {number} value
 */
const tenths = (value) => value.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/**
 * How much larger the attention maps would be if each pixel were a token.
 * @param {Model} model
 */
export const pixelsText = ({ image_size: side, num_tokens: tokens }) => {
  const pixels = side * side,
    factor = Math.round(((pixels + 1) / tokens) ** 2);
  return t(
    "This model reads {patches} patches; single pixels would be {pixels}, and one attention map {factor} times as " +
      "large.",
    { patches: tokens - 1, pixels, factor: grouped(factor) },
  );
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
    return { size, cells: [t("{size}×{size} pixels", { size }), ...counts.map(grouped)] };
  });

/**
 * What was measured of one size: share of the arithmetic that is quadratic, parameters, memory, time.
 * @param {{ seconds: number | null, bytes: number, num_params: number, quadratic: number }} cost
 */
export const measuredCells = ({ seconds, bytes, num_params: parameters, quadratic }) => [
  `${Math.round(100 * quadratic)} %`,
  grouped(parameters),
  `${tenths(bytes / 1e6)} MB`,
  seconds === null ? t("too much memory") : `${tenths(1000 * seconds)} ms`,
];

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
        { "data-size": size, class: size === model.patch_size ? "now" : "" },
        ...cells.map((/** @type {string} */ text) => make("td", {}, text)),
      ),
    ),
  );
};
