// @ts-check
/* The numbers of tab "Test" as text. */
import { percent } from "../../web/format.js";

/**
 * A share in [0, 1] with two decimals of a percent.
 * @param {number} share
 */
export const exactPercent = (share) => `${(100 * share).toFixed(2)} %`;

/**
 * @param {number} count
 * @param {string} word
 */
export const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/**
 * The accuracy with its mistakes and its interval.
 * @param {{ accuracy: number, interval: number[], images: number }} result
 */
export const accuracyDetail = ({ accuracy, interval: [low, high], images }) => {
  const wrong = Math.round((1 - accuracy) * images),
    rate = wrong ? `, one in ${Math.round(images / wrong).toLocaleString("en")}` : "";
  return `${counted(wrong, "mistake")}${rate}. The accuracy on digits like these is between ${exactPercent(low)} and ${exactPercent(high)} (95 % interval).`;
};

/**
 * The title of a gallery: the mistakes, or the digits of one cell of the confusion matrix, as far as they are shown.
 * @param {{ count: number, digits: unknown[] }} gallery
 * @param {[written: number, read: number] | null} cell
 */
export const galleryTitle = ({ count, digits }, cell) => {
  const part = digits.length < count ? `, ${digits.length} of them` : "";
  if (!cell) {
    if (!count) return "It made no mistake";
    const mistakes = counted(count, "mistake");
    return `${part ? `Of its ${mistakes} the ${digits.length} worst` : `Its ${mistakes}`}, the most confident first`;
  }
  const [written, read] = cell;
  if (!count) return `No ${written} was read as ${read}`;
  return written === read
    ? `${counted(count, "digit")} correctly read as ${read}${part}, the least confident first`
    : `Written as ${written}, read as ${read}: ${counted(count, "digit")}${part}`;
};

/**
 * One test digit and what it was read as.
 * @param {{ index: number, written: number, read: number, probs: number[] }} digit
 */
export const digitText = ({ index, written, read, probs }) => {
  const right = written === read ? "" : ` The right answer, ${written}, got ${percent(probs[written])}.`;
  return `Test digit ${index.toLocaleString("en")}: written as ${written}, read as ${read} (${percent(probs[read])} sure).${right}`;
};

/**
 * One bin of the calibration: how many digits, the mean probability, and the accuracy.
 * @param {number[]} bin
 */
export const binText = ([count, confidence, accuracy]) =>
  `Of ${counted(count, "digit")} with a probability of about ${percent(confidence)}, ${percent(accuracy)} ${count === 1 ? "was" : "were"} right.`;

/**
 * @param {number} error
 */
export const calibrationText = (error) =>
  `When a model says 90 %, nine of ten such answers should be right. Here the probabilities and the accuracy are ${(100 * error).toFixed(2)} points apart on average (expected calibration error).`;
