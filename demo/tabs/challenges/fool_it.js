// @ts-check
/* Challenge "Fool it": a drawing that a person reads and the model does not. */
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";

/**
 * `own` is the probability of the class that was meant, `share` that of the class that was read.
 * @typedef {{ meant: number, read: number, own: number, share: number, certain: boolean }} Try
 * @typedef {(label: number) => string} Names
 */

/**
 * @param {{ probs: number[], digit: number, in_distribution: boolean }} reading
 * @param {number} meant
 * @returns {Try}
 */
export const tryOf = ({ probs, digit, in_distribution: certain }, meant) => ({
  meant,
  read: digit,
  own: probs[meant],
  share: probs[digit],
  certain,
});

/**
 * Whether the model was fooled: it reads another class, and does not say that this is probably no digit.
 * @param {Try} one
 */
export const isFooled = ({ meant, read, certain }) => certain && read !== meant;

/**
 * @param {Try} one
 * @param {Try} other
 */
export const isBetter = (one, other) => {
  if (isFooled(one) !== isFooled(other)) return isFooled(one);
  return isFooled(one) ? one.share > other.share : one.own < other.own;
};

/**
 * How far a try was, in words.
 * @param {Try} one
 * @param {Names} called
 */
export const tryText = (one, called) => {
  const own = `${called(one.meant)}: ${percent(one.own)}`,
    read = called(one.read);
  if (isFooled(one)) return t("Fooled! Read as {digit}, {share} sure", { digit: read, share: percent(one.share) });
  if (one.read === one.meant) return t("Read as {digit} ({share})", { digit: read, share: own });
  return t("It does not trust this drawing ({own})", { own });
};

/**
 * The best try, as a sentence to share.
 * @param {Try} best
 * @param {Names} called
 */
export const resultText = (best, called) =>
  isFooled(best)
    ? t("I fooled a vision transformer: it reads my {digit} as {read}, {share} sure.", {
        digit: called(best.meant),
        read: called(best.read),
        share: percent(best.share),
      })
    : t("I tried to fool a vision transformer with a {digit}; it still gave it {share}.", {
        digit: called(best.meant),
        share: percent(best.own),
      });
