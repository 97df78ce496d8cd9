// @ts-check
/* What is changed about the image and the model. A change makes a new object, so undo goes back to an older one. */
import { plural, t } from "../../web/language.js";

/**
 * `order`: for each place the patch that is shown there, null where none has moved; `erased` patches; switched off:
 * `heads`, pairs of layer and head, `layers`, and the `positions`, if false.
 * @typedef {{
 *   order: number[] | null, erased: number[], heads: number[][], layers: number[], positions: boolean,
 * }} Changes
 */

/** @type {Changes} */
export const NOTHING = { order: null, erased: [], heads: [], layers: [], positions: true };

/** @param {Changes} changes */
export const isUntouched = (changes) => JSON.stringify(changes) === JSON.stringify(NOTHING);

/**
 * The patch at each place.
 * @param {Changes} changes
 * @param {number} count
 */
export const orderOf = ({ order }, count) => order ?? [...Array(count).keys()];

/**
 * The list without `item`, or with it where it was not there.
 * @template T
 * @param {T[]} list
 * @param {T} item
 */
export const toggled = (list, item) => {
  const text = JSON.stringify(item),
    rest = list.filter((other) => JSON.stringify(other) !== text);
  return rest.length === list.length ? [...list, item] : rest;
};

/**
 * The order with the patches at two places swapped.
 * @param {number[]} order
 * @param {number} one
 * @param {number} other
 */
export const swapped = (order, one, other) =>
  order.map((patch, at) => (at === one ? order[other] : at === other ? order[one] : patch));

/**
 * A random order.
 * @param {number} count
 */
export const shuffled = (count) => {
  const left = [...Array(count).keys()];
  return Array.from({ length: count }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
};

/**
 * Whether a layer is off, or one of its heads.
 * @param {Changes} changes
 * @param {number} layer
 * @param {number=} head
 */
export const isOff = ({ layers, heads }, layer, head) =>
  head === undefined ? layers.includes(layer) : heads.some(([at, index]) => at === layer && index === head);

/**
 * The changes in words; "" where there are none.
 * @param {Changes} changes
 */
export const summary = ({ order, erased, heads, layers, positions }) => {
  const moved = (order ?? []).filter((patch, at) => patch !== at).length;
  const off = [
    heads.length && plural(heads.length, "{n} head", "{n} heads"),
    layers.length && plural(layers.length, "{n} layer", "{n} layers"),
    !positions && t("positions"),
  ].filter(Boolean);
  return [
    erased.length && plural(erased.length, "{n} patch erased", "{n} patches erased"),
    moved && plural(moved, "{n} patch moved", "{n} patches moved"),
    off.length && t("{parts} off", { parts: off.join(", ") }),
  ]
    .filter(Boolean)
    .join("; ");
};
