import assert from "node:assert/strict";
import { test } from "node:test";
import { addRun, COLOURS, parseRuns } from "../../demo/tabs/train/history/runs.js";

test("a new training comes first, with the next number and a free colour", () => {
  const runs = addRun(addRun([], "a"), "b");
  assert.deepEqual(runs, [
    { id: "b", name: "Run 2", colour: COLOURS[1] },
    { id: "a", name: "Run 1", colour: COLOURS[0] },
  ]);
  assert.equal(addRun(runs, "a"), runs);
});

test("no more than 32 trainings are listed", () => {
  let runs = [];
  for (let index = 0; index < 40; index++) runs = addRun(runs, String(index));
  assert.equal(runs.length, 32);
  assert.equal(runs[0].name, "Run 40");
});

test("only valid stored trainings are used", () => {
  const stored = [{ id: "a", name: "x".repeat(99), colour: "url(evil)" }, { id: 5, name: "b" }, null, "c"];
  assert.deepEqual(parseRuns(JSON.stringify(stored)), [{ id: "a", name: "x".repeat(60), colour: COLOURS[0] }]);
  for (const text of [null, "", "{", "7", '{"id": 1}']) assert.deepEqual(parseRuns(text), []);
});
