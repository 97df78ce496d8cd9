// @ts-check
/* Whole numbers as bytes, and bytes as text that an address can hold. */

/** Text that is not what this code wrote. */
export class DamagedError extends Error {}

const SIX_BITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; // base64url, RFC 4648

/**
 * CRC-16 (polynomial 0x1021), by which a text that was cut off or mistyped is noticed.
 * @param {Iterable<number>} bytes
 */
const checksum = (bytes) => {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = ((sum << 1) ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return sum;
};

/**
 * Bytes with their checksum as base64url.
 * @param {number[]} bytes
 */
export const textOf = (bytes) => {
  const sum = checksum(bytes);
  let text = "",
    bits = 0,
    count = 0;
  for (const byte of [...bytes, sum >> 8, sum & 255]) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (count += 8; count >= 6; count -= 6) text += SIX_BITS[(bits >> (count - 6)) & 63];
  }
  return count ? text + SIX_BITS[(bits << (6 - count)) & 63] : text;
};

/**
 * The bytes of a text that `textOf` wrote.
 * @param {string} text
 */
export const bytesIn = (text) => {
  const bytes = [];
  let bits = 0,
    count = 0;
  for (const letter of text) {
    const value = SIX_BITS.indexOf(letter);
    if (value < 0) throw new DamagedError(`${letter} is no base64url`);
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 255);
  }
  const [high, low] = bytes.splice(-2);
  if (bytes.length === 0 || checksum(bytes) !== ((high << 8) | low)) throw new DamagedError("the checksum differs");
  return bytes;
};

/**
 * Write whole numbers with few bytes: seven bits a byte, the small ones first (LEB128); `signed` in zigzag order.
 */
export const newWriter = () => {
  /** @type {number[]} */
  const bytes = [];
  const unsigned = (/** @type {number} */ value) => {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  const signed = (/** @type {number} */ value) => unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  return { bytes, unsigned, signed };
};

/**
 * Read what `newWriter` wrote.
 * @param {number[]} bytes
 */
export const newReader = (bytes) => {
  let at = 0;
  const unsigned = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= bytes.length || scale > 2 ** 35) throw new DamagedError("a number is cut off");
      const byte = bytes[at++];
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const signed = () => {
    const value = unsigned();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  return { unsigned, signed, ended: () => at === bytes.length };
};
