// @ts-check
/* When the prediction became final, in words, and the parts of the drawing in numbers. */
import { decimal, language, plural, t } from "../../web/language.js";

/**
 * The readings of a drawing's beginnings, as demo/tabs/when/server.py answers.
 * @typedef {{
 *   digit: number[], settled: number, in_distribution: boolean[], share: number[], time: number[] | null,
 * }} Parts
 */

/**
 * The share of the pen's path that a part has, as a percentage.
 * @param {Parts} parts
 * @param {number} part
 */
export const sharePercent = ({ share }, part) => `${Math.round(100 * share[part])} %`;

/**
 * The time of a part in seconds since the pen touched down, as text.
 * @param {number[]} time
 * @param {number} part
 */
const seconds = (time, part) => decimal(time[part] / 1000, 1);

/**
 * What is said of a part, with its share of the path and its time where that is known.
 * @param {Parts} parts
 * @param {number} part
 * @param {string} prediction
 */
export const partText = (parts, part, prediction) => {
  const values = { share: sharePercent(parts, part), prediction };
  if (!parts.time) return t("{share} of the pen's path: {prediction}.", values);
  return t("{share} of the pen's path, {seconds} s after the pen touched down: {prediction}.", {
    ...values,
    seconds: seconds(parts.time, part),
  });
};

const lists = new Intl.ListFormat(language === "en" ? "en-GB" : language); // "1, 3 and 7" has one comma

/**
 * From which part on the prediction stays.
 * @param {Parts} parts
 * @param {string} digit
 */
const settledText = (parts, digit) => {
  const { settled, time } = parts,
    values = { digit, share: sharePercent(parts, settled) };
  if (!settled)
    return t("The prediction is {digit} from the first part that can be read on, {share} of the pen's path.", values);
  if (!time) return t("The prediction is {digit} from {share} of the pen's path on.", values);
  return t("The prediction is {digit} from {share} of the pen's path on, {seconds} s after the pen touched down.", {
    ...values,
    seconds: seconds(time, settled),
  });
};

/**
 * What the prediction was before.
 * @param {string[]} earlier
 * @param {number} changes
 */
const earlierText = (earlier, changes) => {
  const digits = lists.format(earlier);
  if (changes <= earlier.length) return t("Before that it was {digits}.", { digits });
  return plural(
    changes,
    "Before that it was {digits}, with {n} change in all.",
    "Before that it was {digits}, with {n} changes in all.",
    { digits },
  );
};

/**
 * From which part on the prediction stays, and what it was before.
 * @param {Parts} parts
 * @param {(digit: number) => string} called names a class
 */
export const decisionText = (parts, called) => {
  const { digit, settled } = parts,
    earlier = [...new Set(digit.slice(0, settled))],
    changes = digit.filter((one, part) => part && one !== digit[part - 1]).length;
  const sentences = [settledText(parts, called(digit[digit.length - 1]))];
  if (settled) sentences.push(earlierText(earlier.map(called), changes));
  if (!parts.in_distribution[parts.in_distribution.length - 1])
    sentences.push(t("Even the whole drawing is probably not a digit to the model."));
  return sentences;
};

/**
 * Stretches of the path with one prediction, each from its first part to its last.
 * @param {number[]} digits
 */
export const runs = (digits) => {
  /** @type {{ digit: number, from: number, to: number }[]} */
  const stretches = [];
  for (const [part, digit] of digits.entries()) {
    const last = stretches[stretches.length - 1];
    if (last?.digit === digit) last.to = part;
    else stretches.push({ digit, from: part, to: part });
  }
  return stretches;
};

/**
 * The part whose share of the path is nearest to `portion`.
 * @param {number[]} shares
 * @param {number} portion
 */
export const nearest = (shares, portion) =>
  shares.reduce((best, share, part) => (Math.abs(share - portion) < Math.abs(shares[best] - portion) ? part : best), 0);

const LONGEST_PAUSE = 600, // milliseconds
  WITHOUT_TIMES = 1000; // milliseconds for the whole path where the times are not known

/**
 * When each part is shown while the view plays, in milliseconds after part `from`; a long pause of the pen is cut
 * short.
 * @param {Parts} parts
 * @param {number} from
 * @param {number} slowdown
 */
export const timetable = ({ share, time }, from, slowdown) => {
  const moments = share.map(() => 0);
  for (let part = from + 1; part < moments.length; part++) {
    const step = time
      ? Math.min(time[part] - time[part - 1], LONGEST_PAUSE)
      : WITHOUT_TIMES * (share[part] - share[part - 1]);
    moments[part] = moments[part - 1] + slowdown * step;
  }
  return moments;
};
