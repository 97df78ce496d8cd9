// @ts-check
/* The numbers of tab "Test" as text. */
import { percent } from "../../web/format.js";
import { decimal, grouped, plural, t } from "../../web/language.js";

/**
 * A share in [0, 1] with two decimals of a percent.
 * @param {number} share
 */
export const exactPercent = (share) => `${decimal(100 * share, 2)} %`;

/**
 * The accuracy with its mistakes and its interval.
 * @param {{ accuracy: number, interval: number[], images: number }} result
 */
export const accuracyDetail = ({ accuracy, interval: [low, high], images }) => {
  const wrong = Math.round((1 - accuracy) * images),
    rate = wrong && grouped(Math.round(images / wrong));
  const mistakes = wrong
    ? plural(wrong, "{n} mistake, one in {rate}.", "{n} mistakes, one in {rate}.", { rate })
    : t("0 mistakes.");
  const interval = t("The accuracy on digits like these is between {low} and {high} (95 % interval).", {
    low: exactPercent(low),
    high: exactPercent(high),
  });
  return `${mistakes} ${interval}`;
};

/**
 * @param {number} count
 * @param {boolean} part whether only some of the digits are shown
 * @param {{ count: string, shown: number, written: number, read: number }} values
 */
const cellTitle = (count, part, values) => {
  const { written, read } = values;
  if (!count) return t("No {written} was read as {read}", values);
  if (part)
    return written === read
      ? t("{count} digits correctly read as {read}, {shown} of them, the least confident first", values)
      : t("Written as {written}, read as {read}: {count} digits, {shown} of them", values);
  if (written !== read)
    return plural(
      count,
      "Written as {written}, read as {read}: {n} digit",
      "Written as {written}, read as {read}: {n} digits",
      { written, read },
    );
  return plural(
    count,
    "{n} digit correctly read as {read}, the least confident first",
    "{n} digits correctly read as {read}, the least confident first",
    { read },
  );
};

/**
 * The title of a gallery: the mistakes, or the digits of one cell of the confusion matrix, as far as they are shown.
 * @param {{ count: number, digits: unknown[] }} gallery
 * @param {[written: number, read: number] | null} cell
 */
export const galleryTitle = ({ count, digits }, cell) => {
  const part = digits.length < count,
    values = { count: grouped(count), shown: digits.length };
  if (cell) return cellTitle(count, part, { ...values, written: cell[0], read: cell[1] });
  if (!count) return t("It made no mistake");
  return part
    ? t("Of its {count} mistakes the {shown} worst, the most confident first", values)
    : plural(count, "Its {n} mistake, the most confident first", "Its {n} mistakes, the most confident first");
};

/**
 * One test digit and what it was read as.
 * @param {{ index: number, written: number, read: number, probs: number[] }} digit
 */
export const digitText = ({ index, written, read, probs }) => {
  const sentences = [
    t("Test digit {number}: written as {written}, read as {read} ({share} sure).", {
      ...{ number: grouped(index), written, read, share: percent(probs[read]) },
    }),
  ];
  if (written !== read)
    sentences.push(t("The right answer, {digit}, got {share}.", { digit: written, share: percent(probs[written]) }));
  return sentences.join(" ");
};

/**
 * One bin of the calibration: how many digits, the mean probability, and the accuracy.
 * @param {number[]} bin
 */
export const binText = ([count, confidence, accuracy]) =>
  plural(
    count,
    "Of {n} digit with a probability of about {confidence}, {accuracy} was right.",
    "Of {n} digits with a probability of about {confidence}, {accuracy} were right.",
    { confidence: percent(confidence), accuracy: percent(accuracy) },
  );

/**
 * @param {number} error
 */
export const calibrationText = (error) =>
  t(
    "When a model says 90 %, nine of ten such answers should be right. Here the probabilities and the accuracy " +
      "are {points} points apart on average (expected calibration error).",
    { points: decimal(100 * error, 2) },
  );
