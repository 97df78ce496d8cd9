// @ts-check
/* Scales of the charts and of the sliders. */

import { plain } from "../../../web/format.js";
import { t } from "../../../web/language.js";

/**
 * Ticks at 0, half and the next round number above all values: 1, 2 or 5 times a power of ten, so an axis seldom jumps.
 * @param {number[]} values
 */
export const niceTicks = (values) => {
  const most = values.reduce((largest, value) => Math.max(largest, value), 1e-6),
    power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 5, 10].find((factor) => factor * power >= most * 0.999) ?? 10;
  return [0, (factor * power) / 2, factor * power];
};

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} position
 * @property {(position: number) => number} value
 * @property {(value: number) => string} words
 */

/**
 * The settings that may change while a training runs: position of the slider <-> value, and the value in words.
 * The learning rate goes in powers of two of `lr`, weight decay in powers of ten with 0 at the left end.
 * @param {number} lr
 * @returns {Record<string, Scale>}
 */
export const settingScales = (lr) => ({
  lr: {
    position: (value) => Math.log2(value / lr),
    value: (position) => Number((lr * 2 ** position).toPrecision(4)),
    words: plain,
  },
  weight_decay: {
    position: (value) => (value ? Math.log10(value) : -5),
    value: (position) => (position <= -5 ? 0 : Number((10 ** position).toPrecision(2))),
    words: plain,
  },
  augmentation: {
    position: (value) => value,
    value: (position) => position,
    words: (value) => (value ? `${plain(value)} ×` : t("off")),
  },
});
