// @ts-check
/* The resolution of a PNG file: its chunk pHYs says how many pixels a metre has. */

export const DPI = 300;
const HEAD = 33; // bytes: the signature and the chunk IHDR, which comes first

/** @param {Uint8Array} bytes */
const checksum = (bytes) => {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

/** @param {number} dpi */
const resolutionChunk = (dpi) => {
  const chunk = new Uint8Array(21),
    view = new DataView(chunk.buffer),
    perMetre = Math.round(dpi / 0.0254);
  view.setUint32(0, 9);
  chunk.set(
    [..."pHYs"].map((letter) => letter.charCodeAt(0)),
    4,
  );
  view.setUint32(8, perMetre);
  view.setUint32(12, perMetre);
  view.setUint8(16, 1); // the unit is the metre
  view.setUint32(17, checksum(chunk.subarray(4, 17)));
  return chunk;
};

/**
 * A PNG file without a resolution, as a canvas makes it -> the same with `dpi` pixels an inch.
 * @param {Uint8Array} file
 * @param {number} dpi
 */
export const withResolution = (file, dpi) => {
  const chunk = resolutionChunk(dpi),
    result = new Uint8Array(file.length + chunk.length);
  result.set(file.subarray(0, HEAD));
  result.set(chunk, HEAD);
  result.set(file.subarray(HEAD), HEAD + chunk.length);
  return result;
};
