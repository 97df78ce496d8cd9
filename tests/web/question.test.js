import assert from "node:assert/strict";
import { test } from "node:test";
import { questions } from "../../demo/tabs/train/gradient_step/question.js";

/* A server function that answers when the test lets it, and a list of what happens. */
const setUp = () => {
  const requests = [],
    log = [];
  const look = (payload) => new Promise((resolve) => requests.push({ payload, resolve }));
  const asker = questions(look, {
    answered: (answer) => log.push(answer),
    failed: (sentence) => log.push(sentence),
    waiting: () => {},
  });
  const answer = async (value) => {
    requests.at(-1).resolve(value);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { ...asker, requests, log, answer };
};

test("only the newest of several questions is asked next, and each answer is requested once", async () => {
  const { ask, start, requests, log, answer } = setUp();
  start({ drawing: 1 });
  for (const label of [1, 2, 3]) ask({ label });
  assert.equal(requests.length, 1);
  await answer("one");
  assert.deepEqual(requests.at(-1).payload, { drawing: 1, label: 3 });
  await answer("three");
  ask({ label: 1 });
  assert.deepEqual(log, ["three", "one"]);
  assert.equal(requests.length, 2);
});

test("an answer about another drawing is dropped", async () => {
  const { ask, start, isNewest, requests, log, answer } = setUp();
  start({ drawing: 1 });
  ask({ label: 1 });
  start({ drawing: 2 });
  await answer("old");
  assert.deepEqual([log, requests.length, isNewest("old")], [[], 1, false]);
  ask({ label: 1 });
  await answer("new");
  assert.deepEqual([log, isNewest("new")], [["new"], true]);
});

test("an error is reported once", async () => {
  const { ask, start, log, answer } = setUp();
  start({ drawing: 1 });
  ask({ label: 1 });
  await answer({ error: "No." });
  assert.deepEqual(log, ["No."]);
});
