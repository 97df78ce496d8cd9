import assert from "node:assert/strict";
import test from "node:test";
import { fixed, percent, roundPercent } from "../../demo/web/format.js";
import { isOther, plural, t, withoutLanguage } from "../../demo/web/language.js";

test("a message gets its values", () => {
  assert.equal(t("Read as {digit}", { digit: 7 }), "Read as 7");
  assert.equal(t("{unknown} stays"), "{unknown} stays");
  assert.equal(plural(1, "{n} patch", "{n} patches"), "1 patch");
  assert.equal(plural(1600, "{n} patch", "{n} patches"), "1,600 patches");
});

test("the language is read from an address, at any place in it", () => {
  for (const hash of [
    "#lang=de&view=why&sheet=blank",
    "#view=why&lang=zh-CN&sheet=blank",
    "#view=why&sheet=blank&lang=fr",
  ])
    assert.equal(withoutLanguage(hash), "#view=why&sheet=blank");
  assert.equal(withoutLanguage("#lang=de"), "#");
  assert.equal(withoutLanguage(""), "#");
});

test("a link asks for another language only if the page has it", () => {
  assert.deepEqual([undefined, "en", "en-GB", "xx", "de", "zh-CN"].map(isOther), [
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
});

test("no share is rounded up to 100 %", () => {
  assert.deepEqual([0, 0.0004, 0.1234, 0.9994, 0.9996, 1].map(percent), [
    "0 %",
    "0 %",
    "12.3 %",
    "99.9 %",
    ">99.9 %",
    ">99.9 %",
  ]);
  assert.deepEqual([0, 0.126, 0.994, 0.995].map(roundPercent), ["0 %", "13 %", "99 %", ">99 %"]);
  assert.deepEqual(
    [-0.001, -1.5, 2].map((value) => fixed(value, 1)),
    ["0.0", "−1.5", "2.0"],
  );
});
