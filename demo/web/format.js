// @ts-check
/* Numbers as text. */

/**
 * A share in [0, 1] as a percentage. Nothing is rounded up to 100 %, because no model is ever all sure.
 * @param {number} share
 */
export const percent = (share) => (share > 0.9995 ? ">99.9 %" : `${(100 * share).toFixed(share < 0.0005 ? 0 : 1)} %`);

/**
 * A number with `digits` decimals and a real minus sign, which zero never has.
 * @param {number} value
 * @param {number} [digits]
 */
export const fixed = (value, digits = 2) =>
  value
    .toFixed(digits)
    .replace("-", "−")
    .replace(/^−(0\.?0*)$/, "$1");
