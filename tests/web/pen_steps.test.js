import assert from "node:assert/strict";
import test from "node:test";
import { mostAttended, mostAttendedText } from "../../demo/shared_column/bars/most_attended.js";
import { isStep, placeText, stepped } from "../../demo/shared_column/pad/keyboard_steps.js";

test("arrow keys move the pen by a quarter of a column, with Shift by a whole one, and never off the sheet", () => {
  assert.deepEqual(stepped([140, 140], "ArrowLeft", false), [133, 140]);
  assert.deepEqual(stepped([140, 140], "ArrowDown", true), [140, 168]);
  assert.deepEqual(stepped([10, 3], "ArrowUp", true), [10, 0]);
  assert.deepEqual(stepped([275, 3], "ArrowRight", false), [280, 3]);
  assert.deepEqual(["ArrowUp", "a", " ", "toString"].map(isStep), [true, false, false, false]);
});

test("a position is announced as one of ten columns and rows", () => {
  assert.equal(placeText([60, 130], true), "Pen down, column 3 of 10, row 5 of 10");
  assert.equal(placeText([0, 280], false), "Pen up, column 1 of 10, row 10 of 10");
});

/* Attention (2, 2, 5, 5), all 0 except for the given [layer, head, row, column, weight]. */
const attention = (...weights) => {
  const data = new Float32Array(100);
  for (const [layer, head, row, column, weight] of weights) data[((layer * 2 + head) * 5 + row) * 5 + column] = weight;
  return { shape: [2, 2, 5, 5], data };
};

test("the patch with most attention from cls is that of the last layer, by the mean of the heads", () => {
  const model = { pool: "cls", grid_size: 2 };
  const weights = [
    [0, 0, 0, 1, 1], // an earlier block
    [1, 0, 0, 0, 1], // cls itself
    [1, 0, 0, 2, 0.4], // the strongest of one head
    [1, 0, 0, 3, 0.3],
    [1, 1, 0, 3, 0.2],
    [1, 1, 4, 4, 1], // not from cls
  ];
  assert.equal(mostAttended(attention(...weights), model), 3);
  assert.equal(mostAttendedText(3, model), " In the last layer, cls looks most at the patch in row 2, column 1.");
});

test("with mean pooling the rows of all patches count", () => {
  const weights = [
    [1, 0, 0, 1, 1], // from cls
    [1, 0, 2, 4, 0.4],
    [1, 1, 3, 4, 0.4],
    [1, 1, 1, 2, 0.7],
  ];
  assert.equal(mostAttended(attention(...weights), { pool: "mean", grid_size: 2 }), 4);
});
