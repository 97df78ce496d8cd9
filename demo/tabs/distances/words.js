// @ts-check
/* What is said of the heads and their distances. */

import { fixed } from "../../web/format.js";
import { t } from "../../web/language.js";

/** @typedef {{ num_heads: number }} Model */

/**
 * @param {number} index
 * @param {Model} model
 */
const headName = (index, { num_heads: heads }) =>
  t("Layer {layer}, head {head}", { layer: Math.floor(index / heads) + 1, head: (index % heads) + 1 });

/**
 * One head: its distance over test digits, and on this drawing if there is one.
 * @param {number} index
 * @param {Model} model
 * @param {number[]} distance
 * @param {number[] | null} far
 */
export const headText = (index, model, distance, far) => {
  const head = headName(index, model),
    digits = fixed(distance[index], 1);
  if (!far) return t("{head}: {digits} pixels on test digits", { head, digits });
  const drawing = fixed(far[index], 1);
  return t("{head}: {digits} pixels on test digits, {drawing} on this drawing", { head, digits, drawing });
};

/**
 * The heads that look nearest and farthest.
 * @param {number[]} distance
 * @param {Model} model
 */
export const ends = (distance, model) => {
  const order = [...distance.keys()].sort((one, other) => distance[one] - distance[other]),
    [near, far] = [order[0], order[order.length - 1]];
  return t("Nearest: {near}: {nearest} pixels. Farthest: {far}: {farthest} pixels.", {
    near: headName(near, model),
    nearest: fixed(distance[near], 1),
    far: headName(far, model),
    farthest: fixed(distance[far], 1),
  });
};

/**
 * What the distance is.
 * @param {number} even
 */
export const about = (even) =>
  t(
    "Mean attention distance: the distance in pixels from a patch to the patches that it attends to, weighted by " +
      "attention. cls has no place in the image; it is left out, and the rest of each row is scaled to 100 %. " +
      "Uniform attention over all patches has {even} pixels.",
    { even: fixed(even, 1) },
  );
