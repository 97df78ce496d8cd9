import assert from "node:assert/strict";
import { test } from "node:test";
import { smallestTable } from "../../demo/tabs/smallest_change/files.js";
import { ADDED, colourOf, outline, REMOVED } from "../../demo/tabs/smallest_change/picture.js";
import { comparedText, stepText, summaryText, whereText } from "../../demo/tabs/smallest_change/words.js";

const PIXELS = {
  ...{
    way: "pixel",
    from: 4,
    target: 9,
    reached: true,
    added: 1.8,
    removed: 0,
    places: 1,
    measured: { median: 3.42, digits: 200 },
  },
  probs: [
    [0, 0, 0, 0, 0.9, 0, 0, 0, 0, 0.1],
    [0, 0, 0, 0, 0.4, 0, 0, 0, 0, 0.6],
  ],
  digit: [4, 9],
  in_distribution: [true, false],
  images: [
    [1, 0, 0.5, 0],
    [0.5, 0.25, 0.5, 1],
  ],
};
const PATCHES = {
  ...PIXELS,
  way: "patches",
  patches: [3, 7],
  searched: 2,
  inked: 9,
  measured: { median: 2, digits: 20 },
};

test("the summary says how much ink, where, and that it was found by a search", () => {
  const search = "Found by a search: there may be a smaller change.";
  assert.equal(
    summaryText(PIXELS),
    `1.8 pixels of ink added in 1 place turn your 4 into a 9 for this model. ${search}`,
  );
  assert.equal(
    summaryText({ ...PIXELS, target: 8, removed: 0.46, places: 3 }),
    `1.8 pixels of ink added and 0.5 taken away, in 3 places, turn your 4 into an 8 for this model. ${search}`,
  );
  assert.match(summaryText({ ...PIXELS, added: 0.01, removed: 2 }), /^2\.0 pixels of ink taken away in 1 place turn/);
  assert.match(summaryText({ ...PIXELS, reached: false }), /^The search found no change .* There may still be one\.$/);
});

test("the patch with the most changed ink is named; none where nothing changes", () => {
  const grid = { grid_size: 2, patch_size: 2, image_size: 4 },
    before = Array(16).fill(0.5),
    after = before.map((ink, at) => ({ 2: 1, 8: 0.1, 13: 0.2 })[at] ?? ink); // row 1 column 2, row 2 column 1 twice
  assert.equal(whereText({ images: [before, after], grid }), "The patch that changes most: row 2, column 1.");
  assert.equal(whereText({ images: [before, [...before]], grid }), "");
});

test("the summary of patches is exact, and says where it ends", () => {
  assert.match(summaryText(PATCHES), /^Without 2 patches, your 4 becomes a 9 .* exact: no smaller set/);
  assert.match(summaryText({ ...PATCHES, reached: false }), /^No set of up to 2 patches turns your 4 into a 9\./);
  assert.match(
    summaryText({ ...PATCHES, reached: false, searched: 9 }),
    /never turns .* all sets of patches were read/,
  );
});

test("a change is compared with the median of test digits, if there is one", () => {
  assert.match(comparedText(PIXELS), /^For 200 test digits the median is 3\.4 pixels of ink/);
  assert.match(comparedText(PATCHES), /^For 20 test digits the median is 2 patches/);
  assert.equal(comparedText({ ...PIXELS, measured: null }), "");
});

test("a step says what is read after it", () => {
  assert.equal(stepText(PIXELS, 0), "Your drawing. Read as 4, 90.0 %");
  assert.equal(stepText(PIXELS, 1), "Step 1 of 1. Probably not a digit; closest: 9, 60.0 % if it is a digit");
});

test("ink that stays is white, added ink orange, removed ink blue", () => {
  assert.deepEqual([colourOf(1, 1), colourOf(0, 0), colourOf(0, 1), colourOf(1, 0)].map(String), [
    "255,255,255",
    "0,0,0",
    "255,140,26",
    "74,163,255",
  ]);
});

test("the outline goes around what touches, and knows added from removed ink", () => {
  const before = [0, 0, 0, 0, 0, 0, 1, 0, 0],
    now = [0.5, 0.5, 0, 0, 0, 0, 0.2, 0.01, 0],
    lines = outline(before, now, 3);
  assert.equal(lines.filter(({ colour }) => colour === ADDED).length, 6); // two pixels side by side
  assert.equal(lines.filter(({ colour }) => colour === REMOVED).length, 4);
  assert.equal(lines.length, 10);
  assert.deepEqual(outline(now, now, 3), []);
});

test("the table has the ink so far, and the probabilities, of each step", () => {
  const { columns, rows } = smallestTable(PIXELS);
  assert.deepEqual(columns.slice(0, 4), ["step", "ink_added", "ink_removed", "predicted"]);
  assert.deepEqual(rows[1].slice(0, 5), [1, 1.25, 0.5, "9", false]);
  assert.equal(rows[0].length, columns.length);
});
