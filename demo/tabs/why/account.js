// @ts-check
/* The short account of an answer in sentences: which patches count alone, and which together. */
import { place } from "../../web/grid.js";
import { decimal, grouped, plural, t } from "../../web/language.js";
import { signed, twoDecimals } from "./numbers.js";

/**
 * @typedef {{ patches: number[], value: number }} Term
 * @typedef {{ start: number, terms: Term[], curve: { terms: number, r_squared: number }[] }} Account
 * @typedef {{ account: Account | null, exact: boolean, readings: number, all: number, maskable: number[] }} Answer
 */

/** The number that the page shows of a value. @param {number} value */
const shown = (value) => Number(value.toFixed(1));

/**
 * What a term says; its patches are those that the sentence marks.
 * @param {Term} term
 * @param {number} side patches of a side of the grid
 */
export const termText = ({ patches, value }, side) =>
  patches.length === 1
    ? t("The patch in {place} alone gives {value}.", { place: place(patches[0] + 1, side), value: signed(value) })
    : plural(patches.length, "This one gives another {value}.", "These {n} together give another {value}.", {
        value: signed(value),
      });

/**
 * What the account is, and how much of the whole it explains.
 * @param {Account} account
 * @param {{ readings: number }} answer
 * @param {string} name of the class
 */
export const startText = ({ start, terms, curve }, { readings }, name) => {
  const explained = curve.find(({ terms: count }) => count === terms.length)?.r_squared ?? 0;
  return [
    t("This short account of {name} starts at {start} log-odds; a line counts when all its patches are visible.", {
      name,
      start: signed(start),
    }),
    t("It explains {share} % of the differences between all {count} combinations of patches.", {
      share: decimal(100 * explained),
      count: grouped(readings),
    }),
  ].join(" ");
};

/**
 * What the account says of the whole drawing: the sum of the numbers that the page shows, beside the model's own.
 * @param {Account} account
 * @param {{ all: number }} answer
 */
export const endText = ({ start, terms }, { all }) =>
  t("With all patches visible the account comes to {sum}, the model to {all}.", {
    sum: signed(terms.reduce((sum, { value }) => sum + shown(value), shown(start))),
    all: signed(all),
  });

/**
 * The curve as text.
 * @param {Account} account
 */
export const curveText = ({ curve }) =>
  curve
    .map(({ terms, r_squared: explained }) =>
      plural(terms, "{n} term: R² {value}", "{n} terms: R² {value}", { value: twoDecimals(explained) }),
    )
    .join("; ");

/**
 * Why an answer has no account. `most` is the largest number of patches whose combinations are all read.
 * @param {{ exact: boolean, maskable: number[], most?: number }} answer
 */
export const noAccountText = ({ exact, maskable, most = 0 }) =>
  exact
    ? t("No patch changes the answer, so there is nothing to explain.")
    : t(
        "Such an account needs the model's output for all combinations, which are read of up to {most} patches; " +
          "here {n} can be missing.",
        { most, n: maskable.length },
      );
