// @ts-check
/* Where the parts of a figure stand: title, lines, pictures, keys, notes, and the model at the bottom. */
import { wrap } from "./text.js";

/** @typedef {import("./text.js").Style} Style */
/** @typedef {{ words: string, x: number, y: number, size: number, weight: number, fill: string, role: string }} Text */

export const MARGIN = 20;
const STYLES = {
  title: { size: 16, weight: 600, step: 21, fill: "#111", after: 2 },
  line: { size: 11.5, weight: 400, step: 16, fill: "#333", after: 2 },
  note: { size: 9.5, weight: 400, step: 13, fill: "#333", after: 2 },
  model: { size: 8.5, weight: 400, step: 11, fill: "#555", after: 0 },
};
const GAP = 12, // between the parts of a figure
  BESIDE = 24; // between two keys

/**
 * Place keys from left to right in rows of at most `width` units.
 * @param {{ width: number, height: number }[]} keys
 * @param {number} width
 * @param {number} top
 */
export const flow = (keys, width, top) => {
  let [x, y, high] = [0, top, 0];
  const places = keys.map((key) => {
    if (x && x + key.width > width) [x, y, high] = [0, y + high + 6, 0];
    const place = { x: MARGIN + x, y };
    x += key.width + BESIDE;
    high = Math.max(high, key.height);
    return place;
  });
  return { places, bottom: y + high };
};

/**
 * Lay out a figure of `width` x `height` units between its margins.
 * @param {{ title: string, lines: string[], width: number, height: number, notes: string[], model: string,
 *   keys: { width: number, height: number }[] }} spec
 * @param {import("./text.js").Measure} measure
 */
export const layout = ({ title, lines, width, height, keys, notes, model }, measure) => {
  /** @type {Text[]} */
  const texts = [];
  let y = MARGIN;
  const add = (/** @type {string[]} */ paragraphs, /** @type {keyof typeof STYLES} */ role) => {
    const { step, after, ...style } = STYLES[role];
    for (const words of paragraphs.flatMap((text) => wrap(text, width, style, measure))) {
      texts.push({ words, x: MARGIN, y: y + style.size, role, ...style });
      y += step;
    }
    if (paragraphs.length) y += after;
  };
  add([title], "title");
  add(lines, "line");
  const picture = { x: MARGIN, y: y + 8 };
  y = picture.y + height + GAP;
  const flowed = flow(keys, width, y);
  if (keys.length) y = flowed.bottom + GAP;
  add(notes, "note");
  y += 4;
  add([model], "model");
  return { width: width + 2 * MARGIN, height: Math.ceil(y + MARGIN / 2), texts, picture, keys: flowed.places };
};
