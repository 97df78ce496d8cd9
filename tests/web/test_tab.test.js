import assert from "node:assert/strict";
import test from "node:test";
import { changeText, homeOf, readingText, shiftOf, summaryText } from "../../demo/tabs/test/changes.js";
import { modelName } from "../../demo/tabs/test/model_names.js";
import { accuracyDetail, binText, digitText, galleryTitle } from "../../demo/tabs/test/words.js";

const shipped = [{ token: "digits-4x4", label: "16 patches" }];
const named = (sizes, token) => modelName(token, shipped, new Map(Object.entries(sizes)));

test("a visitor's model is named by its patches, and two equal ones by parameters or a number", () => {
  const [a, b, c] = [
    { num_patches: 49, num_params: 1000 },
    { num_patches: 16, num_params: 1000 },
    { num_patches: 49, num_params: 2000 },
  ];
  assert.equal(named({}, "digits-4x4"), "the model with 16 patches");
  assert.equal(named({ a, b }, "a"), "your model with 49 patches");
  assert.equal(named({ a, b }, "b"), "your model with 16 patches");
  assert.equal(named({ a, c }, "a"), "your model with 49 patches and 1,000 parameters");
  assert.equal(named({ a, same: a }, "same"), "your model number 2 with 49 patches");
  const sizes = { a, same: a, c };
  assert.equal(new Set(Object.keys(sizes).map((token) => named(sizes, token))).size, 3);
  assert.equal(named({}, "gone"), "your model");
});

const changes = {
  shifts: [-1, 0, 1],
  angles: [0, 90, -90],
  pens: [-0.5, 0],
  digits: [7, 7, 1, 7, 7, 7, 7, 7, 7, 7, 1, 1, 7, 7],
  confidence: Array(14).fill(0.5),
};

test("each change of a drawing is described", () => {
  assert.equal(homeOf(changes), 4);
  assert.deepEqual(shiftOf(changes, 2), { right: 1, down: -1 });
  assert.equal(shiftOf(changes, 9), null);
  assert.equal(changeText(changes, 2), "Moved 1 right and 1 up (pixels)");
  assert.equal(changeText(changes, 4), "Not moved");
  assert.equal(changeText(changes, 11), "Turned 90° to the left");
  assert.equal(changeText(changes, 12), "Strokes 1 pixels thinner");
  assert.equal(readingText(changes, 13), "With its own pen: read as 7, 50.0 % sure");
  assert.equal(
    summaryText(changes),
    "Read as 7. It is still 7 in 8 of 9 places, at 1 of 3 angles, and with 2 of 2 pens.",
  );
});

test("an accuracy has its mistakes and its interval", () => {
  const text = accuracyDetail({ accuracy: 0.999, interval: [0.998, 0.9995], images: 10000 });
  assert.match(text, /^10 mistakes, one in 1,000\. .* between 99\.80 % and 99\.95 % \(95 % interval\)\.$/);
  assert.match(accuracyDetail({ accuracy: 1, interval: [0.9, 1], images: 10 }), /^0 mistakes\. /);
});

test("a gallery has a title with its digits", () => {
  const [none, all, part] = [
    { count: 0, digits: [] },
    { count: 1, digits: [1] },
    { count: 99, digits: Array(60) },
  ];
  assert.equal(galleryTitle(none, null), "It made no mistake");
  assert.equal(galleryTitle(all, null), "Its 1 mistake, the most confident first");
  assert.equal(galleryTitle(part, null), "Of its 99 mistakes the 60 worst, the most confident first");
  assert.equal(galleryTitle(none, [4, 9]), "No 4 was read as 9");
  assert.equal(galleryTitle(all, [4, 9]), "Written as 4, read as 9: 1 digit");
  assert.equal(galleryTitle(part, [4, 4]), "99 digits correctly read as 4, 60 of them, the least confident first");
});

test("a digit and a bin of the calibration in words", () => {
  const digit = { index: 1234, written: 1, read: 0, probs: [0.75, 0.25] };
  assert.equal(
    digitText(digit),
    "Test digit 1,234: written as 1, read as 0 (75.0 % sure). The right answer, 1, got 25.0 %.",
  );
  assert.equal(binText([1, 0.5, 0]), "Of 1 digit with a probability of about 50.0 %, 0 % was right.");
});
