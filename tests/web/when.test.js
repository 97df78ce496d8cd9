import assert from "node:assert/strict";
import test from "node:test";
import { decisionText, nearest, runs, timetable } from "../../demo/tabs/when/decision.js";
import { pathOf } from "../../demo/tabs/when/path.js";

const parts = {
  digit: [1, 3, 1, 7, 7],
  settled: 3,
  in_distribution: [false, true, true, true, true],
  share: [0.1, 0.2, 0.4, 0.67, 1],
  time: [0, 100, 2000, 2100, 2300],
};
const name = (digit) => String(digit);

test("the settled part has its share of the path, its time, and the predictions before", () => {
  assert.deepEqual(decisionText(parts, name), [
    "The prediction is 7 from 67 % of the pen's path on, 2.1 s after the pen touched down.",
    "Before that it was 1 and 3, with 3 changes in all.",
  ]);
  const early = { ...parts, digit: [7, 7], settled: 0, in_distribution: [true, false], time: null };
  assert.deepEqual(decisionText(early, name), [
    "The prediction is 7 from the first part that can be read on, 10 % of the pen's path.",
    "Even the whole drawing is probably not a digit to the model.",
  ]);
});

test("runs are stretches of one prediction", () => {
  assert.deepEqual(runs([7, 7, 1, 7]), [
    { digit: 7, from: 0, to: 1 },
    { digit: 1, from: 2, to: 2 },
    { digit: 7, from: 3, to: 3 },
  ]);
});

test("the nearest part is found by its share", () => {
  assert.deepEqual(
    [0, 0.29, 0.31, 2].map((portion) => nearest(parts.share, portion)),
    [0, 1, 2, 4],
  );
});

test("parts are played at the pen's speed, with shortened long pauses", () => {
  assert.deepEqual(timetable(parts, 0, 1), [0, 100, 700, 800, 1000]);
  assert.deepEqual(timetable(parts, 2, 4), [0, 0, 0, 400, 1200]);
  const [last] = timetable({ ...parts, time: null }, 3, 4).slice(-1);
  assert.ok(Math.abs(last - 4 * 1000 * 0.33) < 1e-9);
});

test("a path ends between two points", () => {
  const strokes = [
    [
      [0, 0, 5],
      [10, 0, 6],
    ],
    [
      [0, 10],
      [0, 20],
    ],
  ];
  assert.deepEqual(pathOf(strokes, 1.5), { d: "M0 0L5 0h0", tip: [5, 0] });
  assert.deepEqual(pathOf(strokes, 3), { d: "M0 0L10 0h0M0 10h0", tip: [0, 10] });
  assert.deepEqual(pathOf(strokes, Infinity), { d: "M0 0L10 0h0M0 10L0 20h0", tip: [0, 20] });
});
