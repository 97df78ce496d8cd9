// @ts-check
/* Numbers as text. */

/**
 * A share in [0, 1] as a percentage. Nothing is rounded up to 100 %, because no model is ever all sure.
 * @param {number} share
 */
export const percent = (share) => (share > 0.9995 ? ">99.9 %" : `${(100 * share).toFixed(share < 0.0005 ? 0 : 1)} %`);
