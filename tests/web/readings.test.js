import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { newReadings } from "../../demo/shared_column/pad/readings.js";
import { newReport } from "../../demo/shared_column/pad/report.js";
import { on } from "../../demo/web/bus.js";

globalThis.document = { body: { toggleAttribute: () => {} } };

/* Ask for `count` readings of a sheet that changes whenever one is accepted; return the pauses between them, in
   milliseconds. No time passes during a question. */
const pausesBetween = async (count, pause) => {
  mock.method(performance, "now", () => 0);
  const timers = mock.method(globalThis, "setTimeout", (call) => queueMicrotask(call));
  let asked = 0;
  await new Promise((resolve) => {
    const accept = () => (asked < count ? readings.renew() : resolve());
    const read = async () => {
      asked++;
      return { accept, pause };
    };
    const shown = { busy: () => {}, blank: () => {}, unanswered: () => {} };
    const readings = newReadings({ blank: () => false, isDown: () => true, read, shown });
    readings.renew();
  });
  mock.restoreAll();
  return timers.mock.calls.slice(0, count - 1).map(({ arguments: [, milliseconds] }) => milliseconds);
};

test("while the pen moves, the server gets its pause between two questions, and the browser needs none", async () => {
  assert.deepEqual(await pausesBetween(4, 30), [30, 30, 30]);
  assert.deepEqual(await pausesBetween(40, 0), []);
});

/* A clock that only `pass(milliseconds)` moves, with one timer. */
const newClock = () => {
  let now = 1000,
    timer = null;
  mock.method(performance, "now", () => now);
  mock.method(globalThis, "setTimeout", (call, milliseconds, ...given) => {
    timer = { call: () => call(...given), at: now + milliseconds };
    return timer;
  });
  mock.method(globalThis, "clearTimeout", (old) => {
    if (timer === old) timer = null;
  });
  const pass = (milliseconds) => {
    now += milliseconds;
    if (!timer || timer.at > now) return;
    const { call } = timer;
    timer = null;
    call();
  };
  return { pass };
};

test("views get the first of quick readings and then the latest, what is quickly drawn gets all", () => {
  const heard = { glance: [], reading: [] };
  for (const topic of ["glance", "reading"]) on(topic, ({ id }) => heard[topic].push(id));
  const { pass } = newClock(),
    report = newReport();
  report.reading({ id: 0, whole: true });
  for (const id of [1, 2, 3]) {
    pass(20);
    report.reading({ id, whole: false });
  }
  assert.deepEqual(heard, { glance: [1, 2, 3], reading: [0] });
  pass(39);
  assert.deepEqual(heard.reading, [0]);
  pass(1); // 100 ms after the first
  assert.deepEqual(heard.reading, [0, 3]);
  report.reading({ id: 4, whole: false });
  report.reading({ id: 5, whole: true });
  pass(1000);
  assert.deepEqual(heard, { glance: [1, 2, 3, 4], reading: [0, 3, 5] });
  mock.restoreAll();
});

test("a glance that waits never appears after the sheet was cleared", () => {
  const heard = [],
    { pass } = newClock(),
    report = newReport();
  report.reading({ id: 6, whole: true });
  report.reading({ id: 7, whole: false });
  report.cleared();
  on("reading", ({ id }) => heard.push(id));
  pass(1000);
  assert.deepEqual(heard, [6]); // it is replayed to a new listener
  mock.restoreAll();
});
