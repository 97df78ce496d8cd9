import assert from "node:assert/strict";
import { test } from "node:test";
import { niceTicks, settingScales } from "../../demo/tabs/train/curves_view/scale.js";

test("ticks end at the next round number", () => {
  assert.deepEqual(niceTicks([0.3, 1.7]), [0, 1, 2]);
  assert.deepEqual(niceTicks([4]), [0, 2.5, 5]);
  assert.deepEqual(niceTicks([0.02]), [0, 0.01, 0.02]);
  assert.equal(niceTicks([]).length, 3);
});

test("a slider's position gives its setting, and back", () => {
  const scales = settingScales(0.008);
  assert.equal(scales.lr.value(-1), 0.004);
  for (const [name, value] of [
    ["lr", 0.016],
    ["weight_decay", 0.01],
    ["weight_decay", 0],
    ["augmentation", 1.25],
  ])
    assert.equal(scales[name].value(scales[name].position(value)), value, name);
  assert.equal(scales.augmentation.words(0), "off");
});
