import assert from "node:assert/strict";
import test from "node:test";
import { changeText, changeWithout, cheapText, inPoints } from "../../demo/tabs/what_if/accuracies.js";
import {
  isOff,
  isUntouched,
  NOTHING,
  orderOf,
  shuffled,
  summary,
  swapped,
  toggled,
} from "../../demo/tabs/what_if/changes.js";

test("an item is added to a list, or removed if it is in the list", () => {
  assert.deepEqual(toggled([[0, 1]], [1, 2]), [
    [0, 1],
    [1, 2],
  ]);
  assert.deepEqual(toggled([[0, 1]], [0, 1]), []);
});

test("patches are swapped and shuffled, each of them once", () => {
  const order = orderOf(NOTHING, 4);
  assert.deepEqual(swapped(order, 0, 3), [3, 1, 2, 0]);
  assert.deepEqual(order, [0, 1, 2, 3]);
  assert.deepEqual(
    shuffled(16).sort((a, b) => a - b),
    orderOf(NOTHING, 16),
  );
});

test("changes have a summary, and no changes have none", () => {
  assert.ok(isUntouched(NOTHING));
  assert.equal(summary(NOTHING), "");
  const changes = { order: [1, 0, 2], erased: [2], heads: [[0, 1]], layers: [0, 2], positions: false };
  assert.equal(summary(changes), "1 patch erased; 2 patches moved; 1 head, 2 layers, positions off");
  assert.ok(!isUntouched(changes));
  assert.deepEqual(
    [isOff(changes, 0), isOff(changes, 1), isOff(changes, 0, 1), isOff(changes, 2, 0)],
    [true, false, true, false],
  );
});

test("the accuracy without a part is a change in points", () => {
  const accuracies = { all: 0.99, heads: [[0.985, 0.995]], layers: [0.5] };
  assert.equal(inPoints(changeWithout(accuracies, 0)), "−49");
  assert.equal(inPoints(changeWithout(accuracies, 0, 0)), "−0.50");
  assert.equal(changeText(changeWithout(accuracies, 0, 1)), "0.50 points better without it");
  assert.equal(changeText(0), "neither worse nor better without it");
  assert.equal(cheapText(accuracies), "Alone, 2 of 2 heads and 0 of 1 layers cost less than one point of accuracy.");
});
