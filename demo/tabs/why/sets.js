// @ts-check
/* The decisive patches in sentences: the smallest sets that keep or change the prediction, and the strongest
   interaction. */
import { plural, t } from "../../web/language.js";
import { signed } from "./numbers.js";

/**
 * @typedef {{ patches: number[], strength: number }} Pair
 * @typedef {{ suffices: number[] | null, flips: number[] | null, pair: Pair | null }} Sets
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
  const count = patches.length;
  if (count) {
    const text = plural(
      count,
      "This patch alone is enough for {name}.",
      "These {n} patches alone are enough for {name}.",
      { name },
    );
    return [{ patches, text }];
  }
  const text =
    missing === "erased"
      ? t("No patch is needed: with all erased the model says {name} too.", { name })
      : t("No patch is needed: with all unseen the model says {name} too.", { name });
  return [{ patches, text }];
};

/**
 * @param {number[] | null} patches
 * @param {string} name
 * @param {string} missing
 * @returns {Sentence[]}
 */
const flipping = (patches, name, missing) => {
  if (!patches?.length) return [];
  const count = patches.length,
    text =
      missing === "erased"
        ? plural(
            count,
            "With this one erased it is no longer {name}.",
            "With these {n} erased it is no longer {name}.",
            { name },
          )
        : plural(
            count,
            "With this one unseen it is no longer {name}.",
            "With these {n} unseen it is no longer {name}.",
            { name },
          );
  return [{ patches, text }];
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
        ? t("These two add more together than each alone (interaction {strength}).", { strength })
        : t("These two can replace each other (interaction {strength}).", { strength });
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
