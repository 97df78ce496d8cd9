import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { adapted } from "../../demo/in_python/program.js";

const program = (view) =>
  readFileSync(new URL(`../../demo/in_python/snippets/${view}.py`, import.meta.url), { encoding: "utf8" });
const LINK = "http://127.0.0.1:7860/#view=why&sheet=ink1-Ab_-9&model=digits-7x7";

test("the page's drawing and model take the place of the example's", () => {
  const { code, drawing, model } = adapted(program("why"), { link: LINK, model: "digits-7x7" });
  assert.ok(code.includes('ink.from_link("#sheet=ink1-Ab_-9")') && code.includes('vit.load("digits-7x7")'));
  assert.ok(!code.includes("example-7") && !code.includes("digits-4x4"));
  assert.deepEqual([drawing, model], [false, false]);
});

test("what a program cannot have stays, and is said", () => {
  const { code, ...without } = adapted(program("why"), { link: "http://127.0.0.1:7860/#view=why", model: null });
  assert.equal(code, program("why"));
  assert.deepEqual(without, { drawing: true, model: true });
  const other = adapted(program("test"), { link: "#view=test", model: "digits-4x4" });
  assert.deepEqual([other.drawing, other.model], [false, false]); // it reads MNIST's digits and no drawing
});

test("an empty sheet leaves the example, without a word", () => {
  const { code, drawing } = adapted(program("when"), { link: "#view=when&sheet=blank", model: "digits-4x4" });
  assert.deepEqual([code, drawing], [program("when"), false]);
});
