// @ts-check
/* The numbers of tab "Why" as text. */
import { decimal, grouped, t } from "../../web/language.js";

/**
 * An answer of the server about all patches of a drawing. `errors` are the standard errors of estimated values.
 * @typedef {{
 *   exact: boolean, map: ArrayLike<number>, errors: ArrayLike<number> | null, maskable: number[],
 *   none: number, all: number, readings: number, ms: number,
 * }} Answer
 * @typedef {{ deletion: number | null, insertion: number | null, rank: number | null }} Score
 */

/**
 * A number with its sign.
 * @param {number} value
 * @param {number} digits
 */
export const signed = (value, digits = 1) => `${value < 0 ? "−" : "+"}${decimal(Math.abs(value), digits)}`;

/**
 * A number with two decimals and a real minus sign.
 * @param {number} value
 */
export const twoDecimals = (value) => decimal(value, 2).replace("-", "−");

/**
 * The decimals of one answer's log-odds: estimates, which have an error, get one more than exact values.
 * @param {{ exact: boolean }} answer
 */
export const decimals = ({ exact }) => (exact ? 1 : 2);

/**
 * The value of a patch; an estimate comes with its standard error.
 * @param {Answer} answer
 * @param {number} patch
 */
export const worth = (answer, patch) => {
  const value = signed(answer.map[patch], decimals(answer));
  return answer.errors && answer.maskable.includes(patch) ? `${value} ± ${decimal(answer.errors[patch], 2)}` : value;
};

/**
 * The sum of all values. It is the difference of the two rounded numbers beside it, so that the reader can check it.
 * @param {Answer} answer
 */
export const sumText = (answer) => {
  const digits = decimals(answer),
    [none, all] = [answer.none, answer.all].map((value) => Number(value.toFixed(digits)));
  return [
    t("The patches add up to {sum}: from {none} with none to {all} with all.", {
      sum: signed(all - none, digits),
      none: signed(none, digits),
      all: signed(all, digits),
    }),
    t("{readings} readings, {ms} ms.", { readings: grouped(answer.readings), ms: answer.ms }),
    t("Log-odds; orange supports it, blue opposes it."),
    ...(answer.exact ? [] : [t("± is the standard error: the typical error of such an estimate.")]),
  ].join(" ");
};

/**
 * How values were predicted in one pass, and how far they are typically off.
 * @param {{ ms: number, error: number }} predicted
 */
export const onePassText = ({ ms, error }) =>
  t("Predicted in one pass, in {ms}: typically off by {error} log-odds for a patch. The estimate follows.", {
    ms: milliseconds(ms),
    error: decimal(error, 2),
  });

/**
 * The completeness gap of integrated gradients: its values should add up to what the drawing gains over a blank sheet.
 * @param {ArrayLike<number>} values
 * @param {number | null} gap
 */
export const gapText = (values, gap) => {
  const sum = Array.from(values).reduce((total, value) => total + value, 0);
  if (gap === null) return "";
  return t("Adds up to {sum} log-odds; it should be {wanted}, a gap of {gap}.", {
    sum: twoDecimals(sum),
    wanted: twoDecimals(sum + gap),
    gap: twoDecimals(Math.abs(gap)),
  });
};

/**
 * A map's faithfulness score and its parts; without them its rank agreement.
 * @param {Score} score
 */
export const scoreText = ({ deletion, insertion, rank }) => {
  if (deletion !== null && insertion !== null)
    return {
      text: t("score {score}", { score: twoDecimals((deletion + insertion) / 2) }),
      title: t("deletion {deletion}, insertion {insertion}", {
        deletion: twoDecimals(deletion),
        insertion: twoDecimals(insertion),
      }),
    };
  const text = rank === null ? t("no score here") : t("rank agreement {rank}", { rank: twoDecimals(rank) });
  return { text, title: "" };
};

/**
 * @param {number} ms
 */
export const milliseconds = (ms) => `${ms < 9.95 ? decimal(ms, 1) : Math.round(ms)} ms`;
