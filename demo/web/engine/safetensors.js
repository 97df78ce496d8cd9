// @ts-check
/* Safetensors files: eight bytes with the length of a JSON header, the header, then the tensors' bytes. */

/** @typedef {{ shape: number[], data: Float32Array }} Tensor */
/** @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry */

const LENGTH = 8; // bytes of the header's length, a little-endian integer

/**
 * A half-precision float (IEEE 754 binary16) from its bits.
 * @param {number} bits
 */
const half = (bits) => {
  const sign = bits & 0x8000 ? -1 : 1,
    exponent = (bits >> 10) & 31,
    fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : (2 ** -14 * fraction) / 1024);
};

/**
 * The bytes of a tensor as float32.
 * @type {Record<string, (bytes: ArrayBuffer) => Float32Array>}
 */
const READERS = {
  F32: (bytes) => new Float32Array(bytes),
  F16: (bytes) => Float32Array.from(new Uint16Array(bytes), half),
  BF16: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer),
};

/**
 * The header of a file, and where the tensors' bytes begin.
 * @param {ArrayBuffer} file
 */
const readHeader = (file) => {
  const length = file.byteLength < LENGTH ? 0 : Number(new DataView(file).getBigUint64(0, true));
  if (!length || LENGTH + length > file.byteLength) throw new Error("This is not a whole safetensors file.");
  const text = new TextDecoder().decode(new Uint8Array(file, LENGTH, length));
  return { header: JSON.parse(text), start: LENGTH + length };
};

/**
 * One tensor as float32.
 * @param {ArrayBuffer} file
 * @param {number} start where the tensors' bytes begin
 * @param {Entry} entry
 * @returns {Tensor}
 */
const readTensor = (file, start, { dtype, shape, data_offsets: [from, to] }) => {
  const data = READERS[dtype](file.slice(start + from, start + to)); // a copy: an odd offset would not be aligned
  if (data.length !== shape.reduce((total, length) => total * length, 1))
    throw new Error("A tensor of this safetensors file is cut off.");
  return { shape, data };
};

/**
 * Metadata and tensors of a file. Tensors of integers are left out: no weight is one.
 * @param {ArrayBuffer} file
 * @returns {{ metadata: Record<string, string>, tensors: Record<string, Tensor> }}
 */
export const readSafetensors = (file) => {
  const { header, start } = readHeader(file),
    { __metadata__: metadata = {}, ...entries } = header;
  /** @type {[string, Entry][]} */
  const floats = Object.entries(entries).filter(([, { dtype }]) => dtype in READERS);
  const tensors = Object.fromEntries(floats.map(([name, entry]) => [name, readTensor(file, start, entry)]));
  return { metadata, tensors };
};
