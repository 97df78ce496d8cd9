// @ts-check
/* Products of matrices with the processor's vector instructions, four numbers at once: WebAssembly has them, JavaScript
   has not. One function is enough, and short enough to be assembled here. Its source, for two rows of x and four of w:

     for (i = 0; i < bytes; i += 16)        four numbers of each row
       for (k = 0; k < 4; k++) { a[k] += x0[i] * w_k[i]; b[k] += x1[i] * w_k[i] }
     for (k = 0; k < 4; k++) { out0[k] = sum of a[k]; out1[k] = sum of b[k] }

   The numbers of instructions and sections are those of the WebAssembly Core Specification 2.0, chapter 5. */

/** @typedef {import("./matrix.js").Matrix} Matrix */

const LANES = 4; // numbers in a vector
const PAGE = 65536; // bytes: memory grows by these
const [I32, V128] = [0x7f, 0x7b]; // types
const [X0, X1, W, BYTES, OUT0, OUT1, I] = [0, 1, 2, 6, 7, 8, 9]; // locals that hold addresses; those before I are given
const [A, B, FIRST, SECOND, NEXT] = [10, 14, 18, 19, 20]; // locals that hold vectors: two times four sums, and operands
const VECTORS = 11;

const [LOOP, END, IF_SO] = [[0x03, 0x40], 0x0b, [0x0d, 0]];
const [ADD, LESS, ADD_FLOATS, STORE] = [0x6a, 0x49, 0x92, [0x38, 2]];
const [LOAD, ADD_VECTORS, MULTIPLY, LANE] = [
  [0xfd, 0x00, 4, 0],
  [0xfd, 0xe4, 0x01],
  [0xfd, 0xe6, 0x01],
  [0xfd, 0x1f],
];

/* A whole number below 2^14 in as many bytes as WebAssembly wants (LEB128). */
const whole = (/** @type {number} */ value) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
const get = (/** @type {number} */ local) => [0x20, local];
const set = (/** @type {number} */ local) => [0x21, local];
const each = (/** @type {(k: number) => number[]} */ code) => [0, 1, 2, 3].flatMap(code);
const sized = (/** @type {number[]} */ bytes) => [...whole(bytes.length), ...bytes];
const section = (/** @type {number} */ id, /** @type {number[]} */ content) => [id, ...sized(content)];
const name = (/** @type {string} */ text) => sized([...text].map((letter) => letter.charCodeAt(0)));

const load = (/** @type {number} */ row, /** @type {number} */ to) => [
  ...[...get(row), ...get(I), ADD, ...LOAD],
  ...set(to),
];
const addProduct = (/** @type {number} */ sum, /** @type {number} */ row) => [
  ...[...get(sum), ...get(row), ...get(NEXT), ...MULTIPLY, ...ADD_VECTORS],
  ...set(sum),
];
const storeSum = (/** @type {number} */ vector, /** @type {number} */ out, /** @type {number} */ k) => [
  ...[...get(out), ...get(vector), ...LANE, 0],
  ...[1, 2, 3].flatMap((lane) => [...get(vector), ...LANE, lane, ADD_FLOATS]),
  ...[...STORE, 4 * k],
];

const BODY = [
  ...LOOP,
  ...[...load(X0, FIRST), ...load(X1, SECOND)],
  ...each((k) => [...load(W + k, NEXT), ...addProduct(A + k, FIRST), ...addProduct(B + k, SECOND)]),
  ...[...get(I), 0x41, 16, ADD, 0x22, I, ...get(BYTES), LESS, ...IF_SO], // i += 16; again, if i < bytes
  END,
  ...each((k) => [...storeSum(A + k, OUT0, k), ...storeSum(B + k, OUT1, k)]),
  END,
];

const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
  ...section(1, [1, 0x60, ...sized(Array(I).fill(I32)), 0]), // a type: nine addresses, no result
  ...section(2, [1, ...name("js"), ...name("memory"), 2, 0, 1]), // the memory comes from JavaScript
  ...section(3, [1, 0]),
  ...section(7, [1, ...name("tile"), 0, 0]),
  ...section(10, [1, ...sized([2, 1, I32, VECTORS, V128, ...BODY])]),
]);

/** @typedef {(x: Matrix, w: Matrix, out: Float32Array) => void} Multiply x times the transpose of w, into `out` */

/**
 * A function that multiplies; null in a browser that cannot.
 * @returns {Multiply | null}
 */
export const newMultiply = () => {
  try {
    return withMemory(new WebAssembly.Memory({ initial: 1 }));
  } catch {
    return null; // no WebAssembly, no vectors in it, or a page whose policy forbids it
  }
};

/**
 * @param {WebAssembly.Memory} memory
 * @returns {Multiply}
 */
const withMemory = (memory) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE), { js: { memory } }),
    tile = /** @type {(...addresses: number[]) => void} */ (exports.tile);
  let numbers = new Float32Array(memory.buffer);

  const makeRoom = (/** @type {number} */ count) => {
    if (count <= numbers.length) return;
    memory.grow(Math.ceil((4 * count - memory.buffer.byteLength) / PAGE));
    numbers = new Float32Array(memory.buffer);
  };
  /* Copy a matrix, its rows filled up with zeros to whole vectors. */
  const put = (
    /** @type {Matrix} */ { rows, columns, data },
    /** @type {number} */ at,
    /** @type {number} */ width,
  ) => {
    if (columns === width) return numbers.set(data, at);
    numbers.fill(0, at, at + rows * width);
    for (let row = 0; row < rows; row++)
      numbers.set(data.subarray(row * columns, (row + 1) * columns), at + row * width);
  };
  const up = (/** @type {number} */ count) => LANES * Math.ceil(count / LANES);

  return (x, w, out) => {
    const width = up(x.columns),
      columns = up(w.rows), // the last rows of w may be none: what comes of them is not read
      start = columns * width,
      result = start + up(x.rows * width),
      bytes = 4 * width;
    makeRoom(result + x.rows * columns);
    put(w, 0, width);
    put(x, start, width);
    for (let column = 0; column < columns; column += 4)
      for (let row = 0; row < x.rows; row += 2) {
        const next = Math.min(row + 1, x.rows - 1),
          w0 = column * bytes;
        const [x0, x1] = [4 * start + row * bytes, 4 * start + next * bytes],
          [out0, out1] = [4 * (result + row * columns + column), 4 * (result + next * columns + column)];
        tile(x0, x1, w0, w0 + bytes, w0 + 2 * bytes, w0 + 3 * bytes, bytes, out0, out1);
      }
    for (let row = 0; row < x.rows; row++)
      out.set(numbers.subarray(result + row * columns, result + row * columns + w.rows), row * w.rows);
  };
};
