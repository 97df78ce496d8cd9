import assert from "node:assert/strict";
import test from "node:test";
import { call, newest } from "../../demo/web/server.js";

test("a failed request is an error", async () => {
  assert.deepEqual(await call(async (payload) => ({ payload }), 7), { payload: 7 });
  await assert.rejects(
    call(async () => undefined, 7),
    /does not answer/,
  );
});

test("only the newest question is current, and none after a cancel", () => {
  const question = newest(),
    first = question.next();
  assert.ok(first());
  const second = question.next();
  assert.deepEqual([first(), second()], [false, true]);
  question.cancel();
  assert.ok(!second());
});
