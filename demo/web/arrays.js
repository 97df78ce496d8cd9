// @ts-check
/* Arrays on the wire: base64 text -> typed arrays. */

/**
 * The bytes of base64 text. A plain loop: a model of 50 tokens has 60,000 attention weights, for which `from` takes 40
 * times as long.
 * @param {string} base64
 */
export const bytesOf = (base64) => {
  const text = atob(base64),
    bytes = new Uint8Array(text.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
};

/**
 * Integers in [0, most] -> floats in [0, 1].
 * @param {ArrayLike<number>} steps
 * @param {number} most
 */
const scaled = (steps, most) => {
  const values = new Float32Array(steps.length);
  for (let index = 0; index < steps.length; index++) values[index] = steps[index] / most;
  return values;
};

/**
 * An array as demo/serialize.py packs it: u8 and u16 are fixed point in [0, 1].
 * @param {{ shape: number[], type: string, data: string }} packed
 */
export const unpack = ({ shape, type, data }) => {
  const bytes = bytesOf(data);
  if (type === "u8") return { shape, data: scaled(bytes, 255) };
  if (type === "u16") return { shape, data: scaled(new Uint16Array(bytes.buffer), 65535) };
  return { shape, data: new Float32Array(bytes.buffer) };
};

const IMAGE = /^[A-Za-z0-9+/]{1046}==$/; // 28 * 28 bytes in base64

/**
 * Whether a value that comes from elsewhere is a packed image of 28 x 28 pixels.
 * @param {any} packed
 */
export const isPackedImage = (packed) =>
  `${packed?.shape}` === "28,28" && packed.type === "u8" && IMAGE.test(packed.data);

/**
 * The running sums of `values`, from 0 before the first to the sum of all: one more than there are values.
 * @param {Iterable<number>} values
 */
export const runningSums = (values) => {
  const sums = [0];
  for (const value of values) sums.push(sums[sums.length - 1] + value);
  return sums;
};
