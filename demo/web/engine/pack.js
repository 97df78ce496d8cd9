// @ts-check
/* Arrays as demo/serialize.py packs them: shape, type and base64. demo/web/arrays.js reads them. */

/** @typedef {{ shape: number[], type: string, data: string }} Packed */

/** @type {Record<string, number>} */
const STEPS = { u8: 255, u16: 65535 }; // fixed point: how many steps from 0 to 1
const LETTERS = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const FILLER = 61; // "="

/**
 * Round to the nearest integer, halves to the even one, as NumPy does.
 * @param {number} value
 */
export const rint = (value) => {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
};

/**
 * Base64 of bytes. `btoa` wants them as text first, which takes three times as long or more.
 * @param {Uint8Array} bytes
 */
const base64 = (bytes) => {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  for (let at = 0, to = 0; at < bytes.length; at += 3, to += 4) {
    const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text[to] = LETTERS[three >> 18];
    text[to + 1] = LETTERS[(three >> 12) & 63];
    text[to + 2] = at + 1 < bytes.length ? LETTERS[(three >> 6) & 63] : FILLER;
    text[to + 3] = at + 2 < bytes.length ? LETTERS[three & 63] : FILLER;
  }
  return new TextDecoder().decode(text);
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
