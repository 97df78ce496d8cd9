import assert from "node:assert/strict";
import test from "node:test";
import { unpack } from "../../demo/web/arrays.js";
import { energy, rank } from "../../demo/web/engine/calibration.js";
import { newEngine } from "../../demo/web/engine/engine.js";
import { areStrokes, imageOf } from "../../demo/web/engine/ink.js";
import { erf, gelu, layerNorm, multiply, multiplyPlain, newMatrix, softmax } from "../../demo/web/engine/matrix.js";
import { pack, rint } from "../../demo/web/engine/pack.js";
import { readSafetensors } from "../../demo/web/engine/safetensors.js";
import { newMultiply } from "../../demo/web/engine/simd.js";

const close = (actual, expected, most = 1e-6) => {
  assert.equal(actual.length, expected.length);
  for (const [at, value] of expected.entries())
    assert.ok(Math.abs(actual[at] - value) <= most, `${actual} ${expected}`);
};

/* A safetensors file of these tensors: [name, dtype, shape, typed array]. */
const fileOf = (tensors, metadata) => {
  const header = metadata ? { __metadata__: metadata } : {};
  let at = 0;
  for (const [name, dtype, shape, { byteLength }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + byteLength] };
    at += byteLength;
  }
  const text = Buffer.from(JSON.stringify(header)),
    length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const parts = tensors.map(([, , , { buffer }]) => Buffer.from(buffer));
  return new Uint8Array(Buffer.concat([length, text, ...parts])).buffer;
};

test("tensors of all float types are read at odd offsets, and integers are skipped", () => {
  const { metadata, tensors } = readSafetensors(
    fileOf(
      [
        ["counts", "U8", [3], new Uint8Array([1, 2, 3])],
        ["whole", "F32", [1, 2], new Float32Array([-1.5, 3e20])],
        ["half", "F16", [5], new Uint16Array([0x3c00, 0xc100, 0x0001, 0x7c00, 0x3555])],
        ["brain", "BF16", [2], new Uint16Array([0x3f80, 0xc0a0])],
      ],
      { format: "any" },
    ),
  );
  assert.deepEqual(metadata, { format: "any" });
  assert.deepEqual(Object.keys(tensors), ["whole", "half", "brain"]);
  assert.deepEqual(tensors.whole, { shape: [1, 2], data: new Float32Array([-1.5, 3e20]) });
  assert.deepEqual([...tensors.half.data], [1, -2.5, 2 ** -24, Infinity, 0.333251953125]);
  assert.deepEqual([...tensors.brain.data], [1, -5]);
});

test("a file that is cut off is refused", () => {
  const whole = fileOf([["weight", "F32", [2], new Float32Array([1, 2])]]);
  assert.equal(readSafetensors(whole).tensors.weight.data[1], 2);
  for (const length of [0, 7, 20, whole.byteLength - 4]) assert.throws(() => readSafetensors(whole.slice(0, length)));
});

test("products of matrices of all sizes, also those that no tiles of two rows and four columns fill", () => {
  const numbers = (rows, columns, step) =>
    newMatrix(
      rows,
      columns,
      Float32Array.from({ length: rows * columns }, (_, at) => ((at * step) % 11) - 5),
    );
  for (const rows of [1, 2, 3, 4])
    for (const columns of [1, 3, 4, 5, 8]) {
      const [x, w] = [numbers(rows, 6, 7), numbers(columns, 6, 3)],
        product = multiply(x, w);
      assert.deepEqual([product.rows, product.columns], [rows, columns]);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          let sum = 0;
          for (let at = 0; at < 6; at++) sum += x.data[row * 6 + at] * w.data[column * 6 + at];
          assert.equal(product.data[row * columns + column], sum);
        }
    }
});

const pseudoRandom = (rows, columns, seed) =>
  newMatrix(
    rows,
    columns,
    Float32Array.from({ length: rows * columns }, (_, at) => Math.sin(seed + 12.9898 * at)),
  );

const furthest = (one, other) => one.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at])), 0);

test("vectors give the products that plain loops give, of any size and one after another", () => {
  const withVectors = newMultiply();
  assert.ok(withVectors, "node has vectors");
  for (const [rows, inner, columns] of [
    [50, 128, 384],
    [1, 96, 10],
    [17, 49, 97],
    [50, 50, 32],
    [3, 1, 5],
    [2, 7, 1],
  ]) {
    const [x, w] = [pseudoRandom(rows, inner, 1), pseudoRandom(columns, inner, 2)],
      out = new Float32Array(rows * columns);
    withVectors(x, w, out);
    assert.ok(furthest(out, multiplyPlain(x, w).data) < 1e-4); // of numbers up to 65
    assert.ok(furthest(out, multiply(x, w).data) < 1e-4);
  }
  const endless = newMatrix(4, 8, new Float32Array(32).fill(Infinity)),
    after = new Float32Array(1);
  withVectors(endless, endless, new Float32Array(16));
  withVectors(pseudoRandom(1, 3, 1), pseudoRandom(1, 3, 2), after); // in the same memory, without what was left there
  close([...after], [...multiplyPlain(pseudoRandom(1, 3, 1), pseudoRandom(1, 3, 2)).data]);
});

test("where a browser has no vectors, there is no function for them", () => {
  const { WebAssembly } = globalThis;
  globalThis.WebAssembly = undefined;
  assert.equal(newMultiply(), null);
  globalThis.WebAssembly = WebAssembly;
});

test("the error function, GELU, softmax and LayerNorm have their known values", () => {
  close([0, 0.5, 1, -2, 4].map(erf), [0, 0.5204998778, 0.8427007929, -0.995322265, 0.9999999846], 2e-7);
  close([-1, 0, 1, 3].map(gelu), [-0.1586552539, 0, 0.8413447461, 2.9959502889]);
  close(softmax(new Float32Array([1000, 1000 + Math.log(3)])), [0.25, 0.75], 1e-4);
  close(softmax(new Float32Array([0, Math.log(9)]), 0.5), [0.25, 0.75]);
  const normed = layerNorm(newMatrix(2, 2, new Float32Array([1, 3, -7, -7])));
  close([...normed.data], [-0.999995, 0.999995, 0, 0]);
  close(
    [...layerNorm(newMatrix(1, 2, new Float32Array([1, 3])), { weight: [2, 2], bias: [1, 0] }).data],
    [-1, 2],
    2e-5,
  );
});

test("halves are rounded to the even integer, and packed values can be unpacked", () => {
  assert.deepEqual([0.5, 1.5, 2.5, 2.4, 2.6].map(rint), [0, 2, 2, 2, 3]);
  const values = new Float32Array(40_000).fill(0.2);
  const { shape, data } = unpack(pack(values, [200, 200], "u16"));
  assert.deepEqual(shape, [200, 200]);
  assert.ok(data.every((value) => value === Math.fround(0.2)));
  assert.deepEqual([...unpack(pack(new Float32Array([-1.5, 2]), [2], "f32")).data], [-1.5, 2]);
  for (const length of [0, 1, 2, 3, 4, 5]) {
    const bytes = Uint8Array.from({ length }, (_, at) => 255 - 37 * at),
      packed = pack(
        Float32Array.from(bytes, (byte) => byte / 255),
        [length],
        "u8",
      );
    assert.equal(packed.data, Buffer.from(bytes).toString("base64"));
  }
});

test("the rank of a value is interpolated, and ends at 0 and 1", () => {
  const ranks = new Float32Array([1, 2, 2, 4]);
  close(
    [0, 1, 1.5, 3, 4, 9].map((value) => rank(value, ranks)),
    [0, 0, 0.5 / 3, 2.5 / 3, 1, 1],
  );
  close([energy(new Float32Array([0, 0]))], [-Math.log(2)]);
});

test("a dot has no image, a line is centred, and an invalid drawing is refused", () => {
  assert.equal(imageOf([[[5, 5]]]), null);
  const image = imageOf([
    [
      [10, 10],
      [10, 200],
    ],
  ]);
  const column = (x) => Array.from({ length: 28 }, (_, y) => image[y * 28 + x]).reduce((sum, value) => sum + value, 0);
  assert.ok(column(14) > 15 && column(4) === 0);
  for (const wrong of [null, [], [[]], [[["a", 1]]], [[[Number.NaN, 1]]], ["line"]]) assert.ok(!areStrokes(wrong));
  assert.ok(areStrokes([[[1, 2, 0, 0.5]], []]));
});

/* A worker that answers with `reply`; `breaks` makes it fail. */
const fakeWorker = (reply) => {
  const worker = {
    sent: [],
    terminated: false,
    postMessage: (message) => {
      worker.sent.push(message);
      const said = reply(message);
      if (said) setTimeout(() => worker.onmessage({ data: { id: message.id, ...said } }));
    },
    terminate: () => {
      worker.terminated = true;
    },
    breaks: () => worker.onerror({}),
  };
  return worker;
};
const SOURCES = { small: { address: "there", about: {} }, large: { address: "elsewhere", about: {} } };

test("the engine loads each model once; for a model that is not loaded the caller asks the server", async () => {
  let started = 0;
  const worker = fakeWorker(({ load, asked }) => {
    if (load) return load.address === "there" ? { answer: undefined } : { failed: "404" };
    return asked.strokes ? { answer: { digit: 3 } } : { failed: "no strokes" };
  });
  const engine = newEngine(SOURCES, () => {
    started++;
    return worker;
  });
  assert.equal(await engine.read({ model: "small", strokes: [] }), null);
  assert.equal(started, 0);
  const loading = engine.prepare("small");
  assert.equal(await engine.read({ model: "small", strokes: [] }), null);
  assert.ok(await loading);
  assert.deepEqual(engine.models(), ["small"]);
  assert.deepEqual(await engine.read({ model: "small", strokes: [] }), { digit: 3 });
  assert.equal(await engine.read({ model: "small" }), null);
  for (const model of ["small", "large", "large", "own"]) assert.ok(!(await engine.prepare(model)));
  assert.equal(await engine.read({ model: "large", strokes: [] }), null);
  assert.deepEqual([started, worker.sent.filter(({ load }) => load).length], [1, 2]);
});

test("the weights of an own model are fetched once; without them the server reads", async () => {
  const worker = fakeWorker(({ load, asked }) => ({ answer: load ? undefined : { digit: asked.strokes } })),
    engine = newEngine(SOURCES, () => worker);
  let fetched = 0;
  const own = {
    fetch: async () => {
      fetched++;
      return { file: new ArrayBuffer(8), about: {} };
    },
  };
  const refused = { fetch: () => Promise.reject(new Error("The server keeps this model.")) };
  assert.deepEqual([await engine.prepare("own", own), await engine.prepare("own", own)], [true, false]);
  assert.deepEqual([await engine.prepare("large one", refused), fetched], [false, 1]);
  assert.equal(worker.sent.filter(({ load }) => load?.file).length, 1);
  assert.deepEqual(await engine.read({ model: "own", strokes: 4 }), { digit: 4 });
  assert.equal(await engine.read({ model: "large one", strokes: 4 }), null);
  assert.deepEqual(engine.models(), ["own"]);
});

test("a worker that fails, or cannot be made, gives no answers", async () => {
  const worker = fakeWorker(({ load }) => (load ? { answer: undefined } : null)),
    engine = newEngine(SOURCES, () => worker);
  await engine.prepare("small");
  const waiting = engine.read({ model: "small" });
  worker.breaks();
  assert.equal(await waiting, null);
  assert.ok(worker.terminated);
  assert.equal(await engine.read({ model: "small" }), null);
  assert.ok(!(await engine.prepare("large")));
  const refused = () => {
    throw new Error("no workers here");
  };
  for (const start of [refused, () => null, undefined]) assert.ok(!(await newEngine(SOURCES, start).prepare("small")));
});
