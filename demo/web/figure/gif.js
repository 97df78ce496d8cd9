// @ts-check
/* Animated GIF files (GIF89a) of few colours. */

/**
 * The codes of LZW as bytes: each code has as many bits as the table needs by then, the lowest bit first.
 * @param {number} bits of a pixel
 */
const codeWriter = (bits) => {
  /** @type {number[]} */
  const bytes = [];
  let [held, count] = [0, 0];
  return {
    bytes,
    write: (/** @type {number} */ code, /** @type {number} */ width) => {
      held |= code << count;
      for (count += width; count >= 8; count -= 8) {
        bytes.push(held & 255);
        held >>>= 8;
      }
    },
    end: () => {
      if (count) bytes.push(held & 255);
      return [bits, ...blocks(bytes), 0];
    },
  };
};

/**
 * Bytes in blocks of at most 255, each behind its length.
 * @param {number[]} bytes
 */
const blocks = (bytes) => {
  const result = [];
  for (let start = 0; start < bytes.length; start += 255) {
    const block = bytes.slice(start, start + 255);
    result.push(block.length, ...block);
  }
  return result;
};

const TABLE = 4096; // entries at most, of 12 bits

/**
 * @param {Uint8Array} pixels
 * @param {number} bits of a pixel
 */
const compress = (pixels, bits) => {
  const clear = 1 << bits,
    writer = codeWriter(bits);
  /** @type {Map<number, number>} */
  let table = new Map();
  let [next, width, prefix] = [clear + 2, bits + 1, pixels[0]];
  writer.write(clear, width);
  for (let at = 1; at < pixels.length; at++) {
    const key = (prefix << 8) | pixels[at],
      known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    writer.write(prefix, width);
    prefix = pixels[at];
    if (next < TABLE) {
      table.set(key, next);
      if (next++ === 1 << width) width++;
    } else {
      writer.write(clear, width);
      table = new Map();
      [next, width] = [clear + 2, bits + 1];
    }
  }
  writer.write(prefix, width);
  if (next === 1 << width && width < 12) width++;
  writer.write(clear + 1, width);
  return writer.end();
};

const low = (/** @type {number} */ number) => [number & 255, number >> 8];

/**
 * A writer of frames of `width` x `height` pixels, which are indices of `palette`, [red, green, blue] each.
 * `add(pixels, delay)` adds one that stays for `delay` hundredths of a second; `end()` returns the file, which plays
 * for ever. `comment` stands in the file and is not shown.
 * @param {number} width
 * @param {number} height
 * @param {number[][]} palette at most 256
 * @param {string} comment
 */
export const gifWriter = (width, height, palette, comment = "") => {
  const bits = Math.max(2, Math.ceil(Math.log2(palette.length))),
    colours = Array.from({ length: 1 << bits }, (_, index) => palette[index] ?? [0, 0, 0]),
    letters = (/** @type {string} */ text) => [...text].map((letter) => letter.charCodeAt(0));
  /** @type {Uint8Array[]} */
  const parts = [];
  const add = (/** @type {number[]} */ bytes) => parts.push(Uint8Array.from(bytes));
  add([...letters("GIF89a"), ...low(width), ...low(height), 0xf0 | (bits - 1), 0, 0, ...colours.flat()]);
  add([0x21, 0xff, 11, ...letters("NETSCAPE2.0"), 3, 1, 0, 0, 0]);
  if (comment) add([0x21, 0xfe, ...blocks([...new TextEncoder().encode(comment)]), 0]);
  return {
    add: (/** @type {Uint8Array} */ pixels, /** @type {number} */ delay) => {
      add([0x21, 0xf9, 4, 4, ...low(Math.round(delay)), 0, 0, 0x2c, 0, 0, 0, 0, ...low(width), ...low(height), 0]);
      add(compress(pixels, bits));
    },
    end: () => {
      add([0x3b]);
      const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        file.set(part, at);
        at += part.length;
      }
      return file;
    },
  };
};

/**
 * A function from the RGBA values of an image to the indices of the nearest colours of `palette`.
 * @param {number[][]} palette
 */
export const quantizer = (palette) => {
  /** @type {Map<number, number>} */
  const known = new Map();
  const nearest = (/** @type {number[]} */ colour) => {
    const far = palette.map((other) => other.reduce((sum, value, at) => sum + (value - colour[at]) ** 2, 0));
    return far.indexOf(Math.min(...far));
  };
  return (/** @type {ArrayLike<number>} */ rgba) => {
    const pixels = new Uint8Array(rgba.length / 4);
    for (let at = 0; at < pixels.length; at++) {
      const [red, green, blue] = [rgba[4 * at], rgba[4 * at + 1], rgba[4 * at + 2]],
        key = (red << 16) | (green << 8) | blue;
      let index = known.get(key);
      if (index === undefined) {
        index = nearest([red, green, blue]);
        known.set(key, index);
      }
      pixels[at] = index;
    }
    return pixels;
  };
};
