import assert from "node:assert/strict";
import { test } from "node:test";
import { repeat } from "../../demo/tabs/train/live_view/repeat.js";

const setUp = (runs, visible = true) => {
  const log = [];
  const look = repeat(
    {
      ready: () => visible,
      running: () => --runs > 0,
      ask: async () => log.push("ask"),
      ended: () => log.push("ended"),
    },
    0,
  );
  return { look, log };
};

test("it asks again while a training runs", async () => {
  const { look, log } = setUp(3);
  await look();
  assert.deepEqual(log, ["ask", "ask", "ask", "ended"]);
});

test("a call in the meantime leads to one more question", async () => {
  const { look, log } = setUp(0);
  const first = look();
  look();
  look();
  await first;
  assert.deepEqual(log, ["ask", "ask", "ended"]);
});

test("while it is not visible it asks nothing", async () => {
  const { look, log } = setUp(3, false);
  await look();
  assert.deepEqual(log, ["ended"]);
});
