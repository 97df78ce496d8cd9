// @ts-check
/* A result in a link, `challenge=NAME:CODE`, and what the page says to those who open it. */
import { percent } from "../../web/format.js";
import { decimal, grouped, t } from "../../web/language.js";

/** @typedef {import("./fool_it.js").Try} Try */

/** @param {Try} one */
export const foolCode = ({ meant, read, share }) => `${meant}-${read}-${Math.floor(1000 * share)}`;
/** @param {number} score */
export const guessCode = (score) => String(score);
/** @param {{ digits: number, ink: number }} result */
export const inkCode = ({ digits, ink }) => `${digits}-${ink.toFixed(1)}`;
/** @param {{ images: number, accuracy: number }} score */
export const dataCode = ({ images, accuracy }) => `${images}-${Math.floor(1e4 * accuracy)}`;

/* For each challenge the form of its code, and the sentence for the numbers in it; `called` names a class. */
/** @type {Record<string, [RegExp, (numbers: number[], called: (digit: number) => string) => string]>} */
const DARES = {
  fool: [
    /^(\d)-(\d)-(\d{1,3}|1000)$/,
    ([meant, read, share], called) =>
      t("Somebody meant a {meant}, and it was read as {read} with {share}. Can you fool it too?", {
        meant: called(meant),
        read: called(read),
        share: percent(share / 1000),
      }),
  ],
  guess: [/^(\d{1,2}|100)$/, ([score]) => t("Somebody has {score} of 100 points. Can you beat that?", { score })],
  ink: [
    /^(\d|10)-(\d{1,5}\.\d)$/,
    ([digits, ink]) =>
      t("Somebody drew {digits} of 10 digits with {ink} pixels of ink. Can you do it with less?", {
        digits,
        ink: decimal(ink, 1),
      }),
  ],
  data: [
    /^(\d{1,6})-(\d{1,4}|10000)$/,
    ([images, share]) =>
      t("Somebody's model reads {share} of the test digits, from {images} training images. Can you do it with fewer?", {
        share: `${decimal(share / 100, 2)} %`,
        images: grouped(images),
      }),
  ],
};

/**
 * What is said of the result in a link; "" if it is none.
 * @param {{ name: string, result: string }} challenge
 * @param {(digit: number) => string} called
 */
export const dareText = ({ name, result }, called) => {
  const [form, text] = Object.hasOwn(DARES, name) ? DARES[name] : [];
  const found = form?.exec(result);
  return found && text ? text(found.slice(1).map(Number), called) : "";
};
