import assert from "node:assert/strict";
import { test } from "node:test";
import { detail, headline, number, sumOfParts } from "../../demo/tabs/train/gradient_step/words.js";

const part = (name, block, ...alone) => ({
  name,
  block,
  alone,
  length: 1,
  gradient: 1,
  moved: alone,
  predicted: alone,
});
const EFFECT = {
  digit: 0,
  label: 1,
  rates: [0.1, 1, 10],
  before: { loss: 2, probs: [0.9, 0.1] },
  after: [
    { loss: 1, probs: [0.6, 0.4] },
    { loss: 3, probs: [0.95, 0.05] },
    { loss: null, probs: [null, null] },
  ],
  parts: [
    part("embedding", null, 0.1, -0.5, null),
    part("block", 0, 0.6, 0.1, null),
    part("queries", 0, 0.9, 0.1, null),
  ],
  others: { of: 100, before: 98, after: [98, 50, 0] },
};

test("numbers have a few digits", () => {
  assert.equal(number(0.12345), "0.12");
  assert.equal(number(-0.0001), "−<0.001");
  assert.equal(number(0), "0");
  assert.equal(number(null), "no number");
});

test("the headline says what the step does", () => {
  const say = (index) => headline(EFFECT, index, ["3", "8"], 0);
  assert.equal(say(0), "With this step the model is 40.0 % sure that this is an 8, from 10.0 %.");
  assert.match(say(1), /^Too far! The step overshoots, and the loss rises from 2 to 3\.$/);
  assert.match(say(2), /no number/);
});

test("a model that is sure has nothing to learn", () => {
  const sure = { ...EFFECT, before: { loss: 0.001, probs: [0, 1] }, after: [{ loss: 0.0005, probs: [0, 1] }] };
  assert.match(headline(sure, 0, ["3", "8"], 0), /^The model is .* already/);
  assert.match(headline(sure, 0, ["3", "8"], 2), /^The copy is .* now/);
});

test("the details name the part that lowers the loss most, and the other digits", () => {
  assert.equal(
    detail(EFFECT, 0),
    "Loss 2 → 1. Layer 1 alone would bring 60 % of this fall, more than any other part. Of 100 other digits the model then reads 98 right, as before.",
  );
  assert.match(detail(EFFECT, 1), /50 right, instead of 98\.$/);
});

test("parts inside a layer are not counted twice", () => {
  assert.match(sumOfParts(EFFECT, 0), /lower the loss by 1; .* adds up to a fall of 0.7\. Together they do more/);
  assert.match(sumOfParts(EFFECT, 1), /raise the loss by 1; .* a rise of 0.4\. Together they overshoot/);
});
