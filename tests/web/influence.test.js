import assert from "node:assert/strict";
import { test } from "node:test";
import {
  afterText,
  captionText,
  changeText,
  detailText,
  holdsUpText,
  sourceText,
  stageText,
  summaryText,
} from "../../demo/tabs/influence/words.js";

const digits = (...labels) => labels.map((label) => ({ label, read: 7 }));
const measured = (length, rate) => ({
  digits: 50,
  ways: { length: { difference: length }, rate: { difference: rate } },
});
const YES = [-0.56, -0.68, -0.47],
  NO = [-0.54, -1.2, 0.03];

test("digits are counted by their label", () => {
  const answer = { target: 7, groups: { nearest: digits(7, 7, 1), supporters: digits(7, 9), opponents: digits(1) } };
  assert.equal(
    summaryText(answer),
    "Labelled 7: 2 of the 3 nearest digits, and 1 of the 2 that support the answer most.",
  );
});

test("an arrow leads to another digit that is read", () => {
  assert.equal(captionText({ label: 7, read: 7 }), "7");
  assert.equal(captionText({ label: 7, read: 2 }), "7 → 2");
});

test("a change has a sign, and a zero has none", () => {
  assert.deepEqual([-2.934, 0.061, 0.001, -0.001].map(changeText), ["−2.93", "+0.06", "0.00", "0.00"]);
});

test("the answer afterwards is the same with another share, or another digit", () => {
  assert.equal(afterText({ read: 7, share: 0.938 }, 7), "still 7, 93.8 %");
  assert.equal(afterText({ read: 2, share: 0.1 }, 7), "now 2");
});

test("what was searched is said, and why only one moment", () => {
  assert.match(sourceText({ digits: 100, moments: 5 }, false), /at 5 moments of the training/);
  assert.match(sourceText({ digits: 55000, moments: 1 }, true), /55,000 .* a shipped model has no others/);
  assert.match(sourceText({ digits: 100, moments: 1 }, false), /no others are stored any more/);
});

test("it holds up where the interval of the difference lies below zero", () => {
  assert.match(holdsUpText(measured(NO, YES)), /in one of the two ways/);
  assert.match(holdsUpText(measured(YES, YES)), /found in both ways/);
  assert.match(holdsUpText(measured(NO, NO)), /does not hold up/);
  assert.match(holdsUpText(undefined), /was not measured/);
  assert.match(
    detailText(measured(NO, YES), "length"),
    /not found .* \(difference −0.54; 95 % interval −1.20 to \+0.03\)/,
  );
  assert.match(detailText(measured(NO, YES), "rate"), /harms it more .* −0.56 more/);
  assert.equal(detailText(undefined, "rate"), "");
});

test("the progress of each stage is said", () => {
  assert.match(stageText({ stage: "read", done: 1200, of: 55000 }), /1,200 of 55,000/);
  assert.match(stageText({ stage: "read", done: 0, of: 0 }), /^Waiting/);
  assert.equal(new Set(["fetch", "find", "unlearn"].map((stage) => stageText({ stage }))).size, 3);
});
