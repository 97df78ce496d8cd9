import assert from "node:assert/strict";
import test from "node:test";
import {
  BLANK,
  isBlank,
  newHistory,
  ofExample,
  sheetOf,
  sourceOf,
  storedSheet,
  underStroke,
  withDigit,
} from "../../demo/shared_column/pad/sheet.js";
import { densify, distance, erased, isNewPoint, timeOrigin } from "../../demo/shared_column/pad/strokes.js";

const LINE = [
  [100, 0, 0, 0.5],
  [100, 200, 100, 1],
];

test("a point is recorded if it is at least one unit away", () => {
  assert.ok(isNewPoint([], [0, 0]));
  assert.ok(!isNewPoint([[0, 0]], [0.9, 0]));
  assert.ok(isNewPoint([[0, 0]], [0, 1]));
});

test("a stroke begins after the one before, for any state of the browser's clock", () => {
  assert.equal(timeOrigin([], 5000, 0), 5000);
  assert.equal(timeOrigin([LINE], 5000, 1000), 1000);
  const reloaded = timeOrigin([LINE], 50, 0);
  assert.equal(50 - reloaded, 100 + 300);
});

test("the distance to a line ends at its ends", () => {
  assert.equal(distance([5, 3], [0, 0], [10, 0]), 3);
  assert.equal(distance([13, 4], [0, 0], [10, 0]), 5);
  assert.equal(distance([3, 4], [0, 0], [0, 0]), 5);
});

test("a dense stroke has the same ends, small steps, and interpolated times and pressures", () => {
  const dense = densify(LINE);
  assert.deepEqual([dense[0], dense.at(-1)], LINE);
  assert.equal(dense.length, 101);
  assert.deepEqual(dense[50], [100, 100, 50, 0.75]);
});

test("the eraser cuts a stroke in two, also between its points, and does not change others", () => {
  const other = [
    [200, 0, 0, 0.5],
    [200, 50, 9, 0.5],
  ];
  const [upper, lower, same] = erased([LINE, other], [60, 100], [140, 100]);
  assert.ok(upper.at(-1)[1] < 100 - 12 && lower[0][1] > 100 + 12);
  assert.equal(same, other);
  const all = [LINE];
  assert.equal(erased(all, [10, 100], [40, 100]), all);
  assert.deepEqual(erased(all, [100, 0], [100, 200]), []);
});

test("undo and redo go through the sheets, and a new sheet clears the redo list", () => {
  const shown = [];
  const [one, two] = [ofExample({ strokes: [LINE] }), { strokes: [], sample: { index: 3 } }];
  const history = newHistory(BLANK, (sheet) => shown.push(sheet));
  history.undo();
  history.put(one);
  history.put(two);
  history.undo();
  history.redo();
  history.undo();
  assert.deepEqual([history.canUndo(), history.canRedo()], [true, true]);
  history.put(BLANK);
  assert.equal(history.canRedo(), false);
  assert.deepEqual(shown, [one, two, one, two, one, BLANK]);
});

test("a stroke replaces an example or an MNIST digit, but not a drawing", () => {
  const drawing = { strokes: [LINE], sample: null };
  assert.equal(underStroke(drawing), drawing);
  assert.ok(isBlank(underStroke(ofExample(drawing))));
  assert.ok(isBlank(underStroke({ strokes: [], sample: { index: 3 } })));
});

test("a blank sheet is not opened again", () => {
  assert.equal(storedSheet(BLANK), null);
  assert.deepEqual(storedSheet({ strokes: [LINE], sample: null, example: true, more: 1 }), {
    strokes: [LINE],
    sample: null,
    example: true,
  });
});

const image = { shape: [28, 28], type: "u8", data: btoa("\u0007".repeat(784)) };

test("a picture is sent as its 28 by 28 pixels, and a stroke replaces it", () => {
  const sheet = sheetOf({ picture: { image, preview: "data:image/jpeg;base64,AA" } });
  assert.deepEqual(sourceOf(sheet), { picture: image });
  assert.ok(!isBlank(sheet) && isBlank(underStroke(sheet)));
  assert.deepEqual(storedSheet(JSON.parse(JSON.stringify(sheet))), sheet);
  assert.deepEqual(sourceOf({ strokes: [], sample: { index: 3 } }), { sample: 3 });
  assert.deepEqual(sourceOf({ strokes: [LINE], sample: null }), { strokes: [LINE] });
});

test("a picture with several digits shows one of them, and may show another", () => {
  const other = { ...image, data: btoa("\u0009".repeat(784)) },
    digits = [
      { image, box: [0.1, 0.2, 0.3, 0.4] },
      { image: other, box: [0.5, 0.2, 0.3, 0.4] },
    ],
    picture = { image, preview: "data:image/jpeg;base64,AA", digits, says: "I see two digits." },
    sheet = sheetOf({ picture });
  assert.equal(sheet.picture.at, 0);
  const second = withDigit(sheet, 1);
  assert.deepEqual(sourceOf(second), { picture: other });
  assert.deepEqual([second.picture.at, second.picture.digits], [1, digits]);
  assert.deepEqual(storedSheet(JSON.parse(JSON.stringify(second))), second);
  for (const wrong of [
    { digits: digits.slice(1) },
    { says: 5 },
    { at: 2 },
    { digits: [digits[0], { image, box: [2] }] },
  ])
    assert.equal(sheetOf({ picture: { ...picture, ...wrong } }).picture.digits, undefined);
});

test("a stored picture with an address of another site is not loaded", () => {
  const outside = sheetOf({ picture: { image, preview: "https://example.org/picture.jpg", more: 1 } });
  assert.deepEqual(outside.picture, { image });
  for (const wrong of [{}, { image: null }, { image: { ...image, data: "AA" } }, { image: { ...image, type: "f32" } }])
    assert.ok(isBlank(sheetOf({ picture: wrong })));
});
