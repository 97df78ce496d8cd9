import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newReadings } from "../../demo/shared_column/pad/readings.js";
import { newReport } from "../../demo/shared_column/pad/report.js";
import { on } from "../../demo/web/bus.js";

globalThis.document = { body: { toggleAttribute: () => {} } };

/* Readings of a sheet that changes whenever one is accepted, until there were `count`: the moments of the questions. */
const questions = async (count, pause) => {
  const moments = [];
  const ended = new Promise((resolve) => {
    const accept = () => (moments.length < count ? readings.renew() : resolve());
    const read = async () => {
      moments.push(performance.now());
      return { accept, pause };
    };
    const shown = { busy: () => {}, blank: () => {}, unanswered: () => {} };
    const readings = newReadings({ blank: () => false, isDown: () => true, read, shown });
    readings.renew();
  });
  await ended;
  return moments.slice(1).map((moment, at) => moment - moments[at]);
};

test("while the pen moves, the server gets its pause between two questions, and the browser needs none", async () => {
  const pauses = await questions(4, 30);
  assert.ok(
    pauses.every((each) => each >= 29),
    `${pauses}`,
  );
  const timers = mock.method(globalThis, "setTimeout");
  await questions(40, 0);
  assert.equal(timers.mock.callCount(), 0);
});

test("views get the first of quick readings and then the latest, what is quickly drawn gets all", async () => {
  const heard = { glance: [], reading: [] };
  for (const topic of ["glance", "reading"]) on(topic, ({ id }) => heard[topic].push(id));
  const report = newReport();
  report.reading({ id: 0, whole: true });
  for (const id of [1, 2, 3]) report.reading({ id, whole: false });
  assert.deepEqual(heard, { glance: [1, 2, 3], reading: [0] });
  await sleep(150);
  assert.deepEqual(heard.reading, [0, 3]);
  report.reading({ id: 4, whole: false });
  report.reading({ id: 5, whole: true });
  await sleep(150);
  assert.deepEqual(heard, { glance: [1, 2, 3, 4], reading: [0, 3, 5] });
});

test("a glance that waits never appears after the sheet was cleared", async () => {
  const heard = [];
  const report = newReport();
  report.reading({ id: 6, whole: true });
  report.reading({ id: 7, whole: false });
  report.cleared();
  on("reading", ({ id }) => heard.push(id));
  await sleep(150);
  assert.deepEqual(heard, [6]); // it is replayed to a new listener
});
