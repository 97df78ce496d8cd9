import assert from "node:assert/strict";
import test from "node:test";
import { dareText, dataCode, foolCode, guessCode, inkCode } from "../../demo/tabs/challenges/dare.js";
import { isBetter, isFooled, tryOf, tryText } from "../../demo/tabs/challenges/fool_it.js";
import { bestPatches, points } from "../../demo/tabs/challenges/guess.js";
import { counts, inkOf, total, withDrawing } from "../../demo/tabs/challenges/least_ink.js";

const reading = (probs, certain = true) => ({
  probs,
  digit: probs.indexOf(Math.max(...probs)),
  in_distribution: certain,
});
const called = (label) => String(label);

test("the model is fooled if it reads another digit and the drawing is in distribution", () => {
  assert.equal(isFooled(tryOf(reading([0.1, 0.9]), 0)), true);
  assert.equal(isFooled(tryOf(reading([0.1, 0.9]), 1)), false);
  assert.equal(isFooled(tryOf(reading([0.1, 0.9], false), 0)), false);
  assert.match(tryText(tryOf(reading([0.1, 0.9]), 0), called), /^Fooled! Read as 1, 90/);
  assert.match(tryText(tryOf(reading([0.1, 0.9]), 1), called), /^Read as 1 \(1: 90/);
});

test("a drawing that fools the model ranks first, and among these the one with the most probable wrong answer", () => {
  const right = tryOf(reading([0.6, 0.4]), 0),
    closer = tryOf(reading([0.55, 0.45]), 0),
    fooled = tryOf(reading([0.4, 0.6]), 0),
    surely = tryOf(reading([0.1, 0.9]), 0);
  for (const [better, worse] of [
    [closer, right],
    [fooled, closer],
    [surely, fooled],
  ]) {
    assert.equal(isBetter(better, worse), true);
    assert.equal(isBetter(worse, better), false);
  }
});

test("a guess of the three best patches has 100 points, and one with a negative sum has none", () => {
  const values = [0.5, 2, -3, 1, 0, 4];
  assert.deepEqual(bestPatches(values), [5, 1, 3]);
  assert.equal(points(values, [1, 3, 5]), 100);
  assert.equal(points(values, [0, 1, 4]), Math.round((100 * 2.5) / 7));
  assert.equal(points(values, [2, 4, 0]), 0);
  assert.equal(points([-1, -1, -2, -1], [0, 1, 2]), null);
});

test("ink counts only for a probable reading in distribution, and only the least for each digit is stored", () => {
  assert.equal(counts(reading([0.96, 0.04])), true);
  assert.equal(counts(reading([0.94, 0.06])), false);
  assert.equal(counts(reading([0.96, 0.04], false)), false);
  assert.equal(inkOf([0.25, 0.5, 1]), 1.8);
  const first = withDrawing({}, 3, 50);
  assert.equal(withDrawing(first, 3, 51), first);
  assert.deepEqual(total(withDrawing(withDrawing(first, 3, 40), 7, 20.5)), { digits: 2, ink: 60.5 });
});

test("a result from a link is shown in words, and an invalid one is not shown", () => {
  const said = (name, result) => dareText({ name, result }, String);
  assert.match(said("fool", foolCode({ meant: 4, read: 9, share: 0.8765 })), /meant a 4, .* read as 9 with 87\.6 %/);
  assert.match(said("guess", guessCode(92)), /^Somebody has 92 of 100/);
  assert.match(said("ink", inkCode({ digits: 10, ink: 212.25 })), /10 of 10 digits with 212\.3 pixels/);
  assert.match(said("data", dataCode({ images: 1000, accuracy: 0.98129 })), /98\.12 % .* 1,000 training images/);
  for (const [name, result] of [
    ["guess", "101"],
    ["ink", "11-5.0"],
    ["data", "x"],
    ["fool", "4-9-1001"],
    ["constructor", "1"],
  ])
    assert.equal(said(name, result), "", `${name}:${result}`);
});
