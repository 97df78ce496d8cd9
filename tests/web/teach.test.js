import assert from "node:assert/strict";
import test from "node:test";
import {
  asText,
  checked,
  drawingOf,
  keyOf,
  merged,
  parsed,
  placesOnly,
  sameDrawing,
} from "../../demo/tabs/teach/corrections.js";
import { load, store } from "../../demo/tabs/teach/storage.js";
import { forgettingText, progressText, resultText, sampleText, stepsText } from "../../demo/tabs/teach/words.js";

const limits = { most: 50, points: 2000 };
const correction = {
  label: 4,
  strokes: [
    [
      [10, 10],
      [100, 200],
    ],
  ],
};
const fileOf = (change) => JSON.stringify({ ...JSON.parse(asText([correction])), ...change });
const withOne = (change) => fileOf({ corrections: [{ ...correction, ...change }] });

test("corrections as text are parsed again", () => {
  assert.deepEqual(parsed(asText([correction]), limits), [correction]);
});

const bad = [
  ["{", /not JSON/],
  ["[1, 2]", /no corrections that were exported here/],
  [fileOf({ version: 2 }), /version 2/],
  [fileOf({ corrections: 5 }), /no list/],
  [fileOf({ corrections: Array(51).fill(correction) }), /51 corrections; at most 50/],
  [fileOf({ corrections: [correction, { ...correction, label: 10 }] }), /Correction 2 has the label 10/],
  [withOne({ label: "<img src=x onerror=alert(1)>" }), /no digit/],
  [withOne({ strokes: [[["a", 1]]] }), /no strokes/],
  [withOne({ strokes: [[[1, 1e99]]] }), /no strokes/],
  [withOne({ strokes: [[]] }), /no strokes/],
  [
    withOne({
      strokes: [
        [
          [5, 5],
          [6, 5],
        ],
      ],
    }),
    /only a dot/,
  ],
  [withOne({ strokes: [Array.from({ length: 2001 }, (_, at) => [at, at])] }), /2,001 points; at most 2,000/],
  [fileOf({ corrections: [null] }), /no digit/],
];
test("text that has no corrections is refused in one sentence", () => {
  for (const [text, reason] of bad) assert.throws(() => parsed(text, limits), reason);
});

test("only positions are stored, without times and pressure", () => {
  const strokes = [
    [
      [1.234, 5, 1000, 0.5],
      [100, 200, 1010],
    ],
  ];
  assert.deepEqual(placesOnly(strokes), [
    [
      [1.2, 5],
      [100, 200],
    ],
  ]);
  assert.deepEqual(checked({ label: 1, strokes, more: "x" }, 0, limits), { label: 1, strokes: placesOnly(strokes) });
});

test("a key differs by label and drawing", () => {
  const other = { ...correction, label: 9 };
  assert.equal(keyOf(correction), keyOf(structuredClone(correction)));
  assert.notEqual(keyOf(correction), keyOf(other));
  assert.match(keyOf(correction), /^4-[0-9a-z]+$/);
});

test("the same drawing gets the new label, and the limit holds", () => {
  const other = { ...correction, label: 9 };
  assert.deepEqual(merged([correction], [other], limits), [other]);
  const third = { label: 1, strokes: [[[0, 0]]] };
  assert.throws(() => merged([correction], [third], { ...limits, most: 1 }), /there would be 2 corrections; at most 1/);
});

test("corrections and lessons are stored, invalid ones are not loaded", (context) => {
  const items = new Map();
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
  const before = globalThis.localStorage;
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true, writable: true });
  context.after(() =>
    Object.defineProperty(globalThis, "localStorage", { value: before, configurable: true, writable: true }),
  );
  assert.deepEqual(load(limits), { corrections: [], lessons: [] });
  const lesson = { model: "a", start: "b", before: "b", read: { key: [1, 2] } };
  assert.ok(store([correction], Array(30).fill(lesson)));
  assert.deepEqual(load(limits), { corrections: [correction], lessons: Array(20).fill(lesson) });
  items.set("inkling-lessons", JSON.stringify([{ ...lesson, model: 5 }, lesson]));
  items.set("inkling-corrections", "{");
  assert.deepEqual(load(limits), { corrections: [], lessons: [lesson] });
  globalThis.localStorage.setItem = () => {
    throw new Error("full");
  };
  assert.equal(store([], []), false);
});

test("the result of a correction", () => {
  assert.equal(resultText(7, undefined), "not taught yet");
  assert.equal(resultText(7, [1, 3]), "✗ read as 3");
  assert.equal(resultText(7, [7, 7]), "✓ still read as 7");
  assert.equal(resultText(7, [1, 7]), "✓ 1 became 7");
});

test("the steps of a lesson, and how many corrections are read right", () => {
  const drawings = [{ after: [0.1, 0.9] }, { after: [0.9, 0.1] }];
  const [one, zero] = [{ label: 1 }, { label: 0 }];
  assert.equal(
    stepsText({ steps: 0, learned: true, drawings: drawings.slice(0, 1) }, [one]),
    "No practice was needed.",
  );
  assert.equal(
    stepsText({ steps: 1, learned: true, drawings }, [one, zero]),
    "It took 1 step of practice. Of your 2 corrections it now reads all right.",
  );
  assert.match(stepsText({ steps: 80, learned: false, drawings }, [one, one]), /reads 1 right\. It ended before/);
});

test("the forgotten and the gained test digits", () => {
  const same = { of: 1000, before: 990, after: 990, forgotten: 0, gained: 0, changed: [], all: true };
  assert.equal(
    forgettingText(same, "your model"),
    "No. Of 1,000 test digits it reads the very same ones right as your model: 99.00 %.",
  );
  const changed = { ...same, after: 989, forgotten: 3, gained: 2, changed: [1, 2], all: false };
  assert.match(
    forgettingText(changed, "your model"),
    /99\.00 % → 98\.90 % of 1,000.*3 that were read right are wrong now, and 2 that were wrong are right\./,
  );
  assert.match(
    forgettingText({ ...changed, forgotten: 1, gained: 0 }, "x"),
    /1 that was read right is wrong now, and none that was wrong is right\./,
  );
  assert.match(sampleText(changed), /^3 more digits changed between right and wrong\. A fixed sample/);
  assert.match(sampleText(same), /^These are all of MNIST's test digits; no lesson ever uses one\./);
});

test("the progress of a lesson", () => {
  assert.deepEqual(progressText({ stage: "waiting", done: 0, of: 0 }), {
    text: "Waiting for another lesson to end.",
    share: null,
  });
  assert.deepEqual(progressText({ stage: "fetching", done: 1, of: 4 }), { text: "Fetching MNIST, 25 %", share: 0.25 });
  assert.deepEqual(progressText({ stage: "practising", done: 20, of: 80 }), {
    text: "Practising, step 20 of at most 80",
    share: 0.25,
  });
  assert.deepEqual(progressText({ stage: "testing", done: 5000, of: 10000 }), {
    text: "Reading test digits, 5,000 of 10,000",
    share: 0.5,
  });
});

const picture = { shape: [28, 28], type: "u8", data: btoa("\u0007".repeat(784)) };

test("a picture is taught as its pixels, and a test digit is not taught", () => {
  assert.deepEqual(drawingOf({ picture }), { picture });
  assert.deepEqual(drawingOf({ strokes: [[[1.04, 2, 30, 0.5]]] }), { strokes: [[[1, 2]]] });
  assert.equal(drawingOf({ sample: 3 }), null);
  const taught = { label: 7, picture };
  assert.deepEqual(parsed(asText([correction, taught]), limits), [correction, taught]);
  assert.deepEqual(merged([correction, taught], [{ ...taught, label: 1 }], limits), [
    correction,
    { ...taught, label: 1 },
  ]);
  assert.ok(!sameDrawing(correction, taught) && !sameDrawing(taught, { picture: { ...picture, data: "AA" } }));
  assert.notEqual(keyOf(taught), keyOf({ ...taught, label: 1 }));
  for (const wrong of [null, "AA", { ...picture, data: `${picture.data}AA` }, { ...picture, shape: [784] }])
    assert.throws(
      () => checked({ label: 7, picture: wrong }, 0, limits),
      /Correction 1 has a picture that is no image/,
    );
});
