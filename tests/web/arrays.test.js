import assert from "node:assert/strict";
import test from "node:test";
import { runningSums, unpack } from "../../demo/web/arrays.js";

/* The output of numpy's tobytes, as base64. */
const packed = (typed) => Buffer.from(typed.buffer).toString("base64");

test("16 bits are fixed point in [0, 1]", () => {
  const { shape, data } = unpack({ shape: [3], type: "u16", data: packed(new Uint16Array([0, 13107, 65535])) });
  assert.deepEqual(shape, [3]);
  assert.deepEqual([...data], [0, Math.fround(0.2), 1]);
});

test("8 bits are steps of 1/255, and floats are unchanged", () => {
  assert.deepEqual([...unpack({ shape: [2], type: "u8", data: packed(new Uint8Array([0, 255])) }).data], [0, 1]);
  assert.deepEqual([...unpack({ shape: [2], type: "f32", data: packed(new Float32Array([-1.5, 2])) }).data], [-1.5, 2]);
});

test("running sums start at 0 and end at the sum", () => {
  assert.deepEqual(runningSums([1, 2, 3]), [0, 1, 3, 6]);
});
