// @ts-check
/* Numbers as text, in the page's language. */
import { decimal, language } from "./language.js";

/** Formats of percentages, by their number of decimals. */
const percentages = [0, 1].map(
  (digits) =>
    new Intl.NumberFormat(language, {
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }),
);

/* English has a space before the sign here, as in the SI. */
/** @param {number} share @param {number} digits */
const percentage = (share, digits) =>
  language === "en" ? `${(100 * share).toFixed(digits)} %` : percentages[digits].format(share);

/**
 * A share in [0, 1] as a percentage. Nothing is rounded up to 100 %, because no model is ever all sure.
 * @param {number} share
 */
export const percent = (share) =>
  share > 0.9995 ? `>${percentage(0.999, 1)}` : percentage(share, share < 0.0005 ? 0 : 1);

/**
 * A share in few letters: without decimals, and never rounded up to all.
 * @param {number} share
 */
export const roundPercent = (share) =>
  share >= 0.995 ? `>${percentage(0.99, 0)}` : percentage(Math.round(100 * share) / 100, 0);

const SIGN = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal")?.value ?? ".";

/**
 * A number with `digits` decimals and a real minus sign, which zero never has.
 * @param {number} value
 * @param {number} [digits]
 */
export const fixed = (value, digits = 2) =>
  value
    .toFixed(digits)
    .replace("-", "−")
    .replace(/^−(0\.?0*)$/, "$1")
    .replace(".", SIGN);

/**
 * A number with as many decimals as it has; a very large or small one as the code writes it.
 * @param {number} value
 */
export const plain = (value) => {
  const text = String(value),
    [, decimals = ""] = text.split(".");
  return /^-?[\d.]+$/.test(text) ? decimal(value, decimals.length) : text;
};

/**
 * Three digits of a value whose size is not known.
 * @param {number} value
 */
export const shortNumber = (value) => plain(Number(value.toPrecision(3)));
