import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { finder, search } from "../../demo/glossary/words.js";

const term = (id, words, within) => ({ id, name: id, words, within, text: [`About ${id}.`, "And more."], show: {} });
const found = (terms, text) =>
  finder(terms)(text).map(({ start, end, terms }) => [text.slice(start, end), terms.map(({ id }) => id).join(" ")]);

test("words are found whole, in any case, the longest first", () => {
  const terms = [term("attention", ["attention"]), term("weight", ["attention weight", "attention weights"])];
  assert.deepEqual(found(terms, "Attention, inattention, attention weights; attentions"), [
    ["Attention", "attention"],
    ["attention weights", "weight"],
  ]);
});

test("the meaning in one place comes before that of the whole page", () => {
  const terms = [term("head", ["head", "heads"]), term("classifier", ["head"], "#layers")];
  assert.deepEqual(found(terms, "one head of four heads"), [
    ["head", "classifier head"],
    ["heads", "head"],
  ]);
});

test("words with signs match literally, and Chinese words need no spaces", () => {
  const terms = [term("interval", ["95 % interval"]), term("odds", ["log-odds"]), term("patch", ["图块"])];
  assert.deepEqual(found(terms, "A 95 % interval of (log-odds) 把图块遮住"), [
    ["95 % interval", "interval"],
    ["log-odds", "odds"],
    ["图块", "patch"],
  ]);
});

test("a search lists first the terms whose names begin with it", () => {
  const terms = JSON.parse(readFileSync(new URL("../../demo/glossary/terms.json", import.meta.url), "utf8"));
  assert.equal(search(terms, "").length, terms.length);
  assert.equal(search(terms, " Shap")[0].id, "shapley");
  assert.equal(search(terms, "feed-forward")[0].id, "mlp");
  assert.ok(search(terms, "adds patches").some(({ id }) => id === "shapley"));
  assert.deepEqual(search(terms, "no such term"), []);
});
