// @ts-check
/* Arrays as demo/serialize.py packs them: shape, type and base64. demo/web/arrays.js reads them. */

/** @typedef {{ shape: number[], type: string, data: string }} Packed */

/** @type {Record<string, number>} */
const STEPS = { u8: 255, u16: 65535 }; // fixed point: how many steps from 0 to 1
const PART = 0x8000; // bytes that `fromCharCode` takes at once

/**
 * Round to the nearest integer, halves to the even one, as NumPy does.
 * @param {number} value
 */
export const rint = (value) => {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
};

/** @param {Uint8Array} bytes */
const base64 = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += PART) text += String.fromCharCode(...bytes.subarray(at, at + PART));
  return btoa(text);
};

/**
 * Pack float32 values; `u8` and `u16` hold values in [0, 1] as fixed point.
 * @param {Float32Array} values
 * @param {number[]} shape
 * @param {"u8" | "u16" | "f32"} type
 * @returns {Packed}
 */
export const pack = (values, shape, type) => {
  const steps = STEPS[type];
  const array = steps ? new (type === "u8" ? Uint8Array : Uint16Array)(values.length) : values.slice();
  if (steps) for (let at = 0; at < values.length; at++) array[at] = rint(Math.fround(values[at] * steps));
  return { shape, type, data: base64(new Uint8Array(array.buffer)) };
};

/**
 * Several arrays as one, in order.
 * @param {Float32Array[]} parts
 */
export const joined = (parts) => {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
