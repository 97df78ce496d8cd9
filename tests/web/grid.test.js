import assert from "node:assert/strict";
import test from "node:test";
import { gridOf, moved, patch, place, stride } from "../../demo/web/grid.js";

test("the patches of an image hold each pixel once, row by row", () => {
  const image = Array.from({ length: 16 }, (_, index) => index);
  assert.deepEqual(patch(image, 4, 2, 0), [0, 1, 4, 5]);
  assert.deepEqual(patch(image, 4, 2, 3), [10, 11, 14, 15]);
  const all = [0, 1, 2, 3].flatMap((index) => patch(image, 4, 2, index));
  assert.deepEqual(
    all.sort((a, b) => a - b),
    image,
  );
});

test("a place is a row and a column, both from 1", () => {
  assert.equal(place(1, 4), "row 1, column 1");
  assert.equal(place(8, 4), "row 2, column 4");
});

test("a token moves to the patch over its centre, and back from a finer grid", () => {
  for (let token = 1; token <= 16; token++) assert.equal(moved(moved(token, 4, 8), 8, 4), token);
  assert.equal(moved(0, 4, 7), 0);
  assert.equal(moved(16, 4, 7), 49);
});

test("arrow keys move by a token or a row, other keys do not", () => {
  assert.equal(stride("ArrowLeft", 7), -1);
  assert.equal(stride("ArrowDown", 7), 7);
  assert.equal(stride("a", 7), undefined);
});

test("the grid of 49 patches has a side of 7 and patches of 4 pixels", () => {
  assert.deepEqual(gridOf(49), { grid_size: 7, patch_size: 4, image_size: 28 });
});
