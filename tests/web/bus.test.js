import assert from "node:assert/strict";
import test from "node:test";
import { emit, on, tell } from "../../demo/web/bus.js";

test("a new listener gets the last reading, unless the sheet is empty now", () => {
  const heard = [];
  emit("reading", 7);
  on("reading", (message) => heard.push(message));
  assert.deepEqual(heard, [7]);
  emit("nothing", "blank");
  on("reading", (message) => heard.push(["again", message]));
  assert.deepEqual(heard, [7]);
});

test("a message that is only told is not stored", () => {
  tell("chosen", 1);
  on("chosen", () => assert.fail("nothing was kept"));
});

test("a listener that fails does not keep a message from the others", (context) => {
  const errors = context.mock.method(console, "error", () => {});
  const heard = [];
  on("training", () => {
    throw new Error("a fault in a view");
  });
  on("training", (message) => heard.push(message));
  emit("training", { epoch: 1 });
  assert.deepEqual(heard, [{ epoch: 1 }]);
  assert.equal(errors.mock.callCount(), 1);
});
