// @ts-check
/* The decisive patches in sentences: the smallest sets that keep or change the answer, and the strongest interaction. */
import { signed } from "./numbers.js";

/**
 * @typedef {{ suffices: number[] | null, flips: number[] | null, pair: { patches: number[], strength: number } | null }} Sets
 * @typedef {{ patches: number[], text: string }} Sentence
 */

/**
 * @param {number[] | null} patches
 * @param {string} name
 * @param {string} missing
 * @returns {Sentence[]}
 */
const sufficient = (patches, name, missing) => {
  if (!patches) return [];
  if (!patches.length)
    return [{ patches, text: `No patch is needed: with all ${missing} the model says ${name} too.` }];
  const subject = patches.length === 1 ? "This patch alone is" : `These ${patches.length} patches alone are`;
  return [{ patches, text: `${subject} enough for ${name}.` }];
};

/**
 * @param {number[] | null} patches
 * @param {string} name
 * @param {string} missing
 * @returns {Sentence[]}
 */
const flipping = (patches, name, missing) => {
  if (!patches?.length) return [];
  const subject = patches.length === 1 ? "this one" : `these ${patches.length}`;
  return [{ patches, text: `With ${subject} ${missing} it is no longer ${name}.` }];
};

/**
 * @param {Sets["pair"]} pair
 * @returns {Sentence[]}
 */
const interacting = (pair) => {
  if (!pair) return [];
  const strength = signed(pair.strength),
    text =
      pair.strength > 0
        ? `These two add more together than each alone (interaction ${strength}).`
        : `These two can replace each other (interaction ${strength}).`;
  return [{ patches: pair.patches, text }];
};

/**
 * The sentences about a class called `name`; a missing patch is `missing`: "erased" or "unseen".
 * @param {Sets} sets
 * @param {string} name
 * @param {string} missing
 */
export const sentences = ({ suffices, flips, pair }, name, missing) => [
  ...sufficient(suffices, name, missing),
  ...flipping(flips, name, missing),
  ...interacting(pair),
];
