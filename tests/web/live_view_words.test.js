import assert from "node:assert/strict";
import { test } from "node:test";
import { readingWords, turningPoint, turningWords } from "../../demo/tabs/train/live_view/words.js";
import { argmax } from "../../demo/web/numbers.js";

const NAMES = ["0", "1"];
const snapshots = (...digits) =>
  digits.map((digit, index) => ({ step: 1000 * index, probs: digit ? [0.2, 0.8] : [0.7, 0.3] }));

test("the turning point is where the reading stays right", () => {
  assert.equal(turningPoint(snapshots(1, 0, 1, 1), 1), 2);
  assert.equal(turningPoint(snapshots(1, 1), 1), 0);
  assert.equal(turningPoint(snapshots(1, 0), 1), -1);
  assert.equal(argmax([0.1, 0.5, 0.4]), 1);
});

test("the turning point in words", () => {
  assert.equal(
    turningWords(snapshots(0, 0, 1), 1, "1"),
    "From step 2,000 on it is read as 1; at step 1,000 it was not.",
  );
  assert.equal(turningWords(snapshots(1), 1, "1"), "It was read as 1 from the start, by chance.");
  assert.equal(turningWords(snapshots(0), 1, "1"), "At the end it is not read as 1.");
});

test("a reading in words", () => {
  const [first, second] = snapshots(0, 1);
  assert.equal(readingWords(first, NAMES), "Before the first step it guesses 0, 70.0 % sure.");
  assert.equal(readingWords(second, NAMES), "After 1,000 steps it reads your drawing as 1, 80.0 % sure.");
  assert.match(readingWords({ ...second, step: 1 }, NAMES), /^After 1 step it/);
});
