/* The address of the page: written a while after a change, but never over a link that was just followed. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

const listeners = {};
const location = { hash: "", pathname: "/", search: "", href: "http://localhost/" };
const store = { getItem: () => null, setItem: () => {} };
globalThis.location = location;
globalThis.history = {
  state: null,
  replaceState: (_state, _title, url) => {
    location.hash = url.slice(url.indexOf("#"));
  },
};
globalThis.window = {
  location,
  sessionStorage: store,
  addEventListener: (name, listener) => {
    listeners[name] = listener;
  },
};
globalThis.window.parent = globalThis.window;

const { newAddress } = await import("../../demo/links/address.js");

test("the address is written after a change, and a link that was followed meanwhile is obeyed", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const followed = [];
  const address = newAddress(
    () => "view=why",
    (hash) => followed.push(hash),
  );
  address.changed();
  mock.timers.tick(500);
  assert.equal(location.hash, "#view=why");
  address.changed();
  location.hash = "#view=when"; // the browser sends the event later, after timers that are due
  mock.timers.tick(500);
  assert.equal(location.hash, "#view=when");
  listeners.hashchange();
  assert.deepEqual(followed, ["#view=when"]);
  address.changed();
  mock.timers.tick(500);
  assert.equal(location.hash, "#view=why"); // what is shown again
  mock.timers.reset();
});
