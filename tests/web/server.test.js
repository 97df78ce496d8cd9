import assert from "node:assert/strict";
import test from "node:test";

const BUSY = "This page is asked too often from your address. It goes on in a moment.";
let response = () => Response.json({ detail: BUSY }, { status: 429 });
globalThis.fetch = async () => response();
const { call, failureText, newest } = await import("../../demo/web/server.js");

/* Like Gradio's client: a failed request gives no answer. */
const ask = async () => {
  const answer = await fetch("component_server");
  return answer.ok ? answer.json() : undefined;
};
const saidAfterFailure = () => call(ask, 7).catch((error) => failureText(error));

test("a failed request is an error", async () => {
  assert.deepEqual(await call(async (payload) => ({ payload }), 7), { payload: 7 });
  await assert.rejects(
    call(async () => undefined, 7),
    /does not answer/,
  );
});

test("a refusal has the server's message, and a later failure does not", async () => {
  assert.equal(await saidAfterFailure(), BUSY);
  response = () => new Response("Bad gateway", { status: 502 });
  assert.match(await saidAfterFailure(), /does not answer/);
  response = () => Response.json({ digit: 7 });
  assert.deepEqual(await call(ask, 7), { digit: 7 });
  response = () => new Response("<h1>429</h1>", { status: 429 });
  assert.match(await saidAfterFailure(), /does not answer/);
  assert.equal(failureText(new Error("any"), "Try again."), "Try again.");
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
