import { unpack } from "../../../web/arrays.js";
import { on, tell } from "../../../web/bus.js";
import { make } from "../../../web/dom.js";
import { wantsNoMotion } from "../../../web/in_sight.js";
import { t } from "../../../web/language.js";
import { argmax } from "../../../web/numbers.js";
import { saves } from "../../../web/save.js";
import { ask, hasEnded, onTraining, reveal, setText } from "../training.js";
import { repeat } from "./repeat.js";
import { drawSheet, snapshotTable } from "./sheet.js";
import { snapshotView } from "./snapshot_view.js";
import { timeMachine } from "./time_machine.js";
import { turningWords } from "./words.js";

const PACKED = ["attention", "filters", "positions", "relevance", "occlusion"]; // arrays of a snapshot

const unpackSnapshot = (packed) => {
  const snapshot = { ...packed };
  for (const name of PACKED) if (snapshot[name]) snapshot[name] = unpack(snapshot[name]);
  return snapshot;
};

const STARTS = "#training-buttons button.primary, #begin button";

/* After a press of Start, scroll to the training once; after a reload nothing moves by itself. */
const scrollAfterStart = () => {
  let pressed = false;
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.(STARTS)) pressed = true;
  });
  return () => {
    if (!pressed) return;
    pressed = false;
    const behavior = wantsNoMotion() ? "auto" : "smooth";
    document.querySelector("#training")?.scrollIntoView({ block: "start", behavior });
  };
};

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const scrollToTraining = scrollAfterStart();
  const view = snapshotView(element);
  let reading = null, // of the page: the drawing and its source
    training = null,
    snapshot = null, // the one that is shown
    inSight = false;

  const say = (text) => {
    find(".message").textContent = text;
  };
  const running = () => !hasEnded(training) && !training.paused;
  const payload = () => ({ ...reading.source, job: training.id });
  const show = (latest) => {
    snapshot = latest;
    view.show(snapshot, reading.image);
  };

  /* ---- while it runs: the latest snapshot, as long as the view is in sight ---- */
  const askForLatest = async () => {
    const asked = reading,
      { id } = training;
    await loadTestDigits();
    const answer = await ask(server.now, payload(), say);
    if (answer?.snapshot && asked === reading && id === training.id) show(unpackSnapshot(answer.snapshot));
  };

  const loadTestDigits = async () => {
    if (view.hasTestDigits() || !training.step) return;
    const { id } = training,
      digits = await ask(server.test_digits, { job: id }, say);
    if (digits?.images && id === training.id) view.setTestDigits(digits);
  };

  const look = repeat({
    ready: () => inSight && reading !== null && training !== null && !document.hidden,
    running,
    ask: askForLatest,
    ended: () => lookBack(),
  });

  /* ---- while it does not: all snapshots, with explanations of one digit ---- */
  let chosen = null, // the digit that the visitor chose for this drawing
    loaded = { key: "", of: null };

  const machine = timeMachine(element, (snapshots, index, digit) => {
    const name = training.names[digit];
    show(snapshots[index]);
    find(".asked").textContent = name;
    for (const input of element.querySelectorAll(".digits input")) input.checked = Number(input.value) === digit;
    const moment = t("Moment {n} of {count}.", { n: index + 1, count: snapshots.length });
    setText(find(".moment"), `${moment} ${turningWords(snapshots, digit, name)}`);
    const right = argmax(snapshots[index].probs) === digit;
    tell("did", { what: "time_moved", right, last: index === snapshots.length - 1 });
  });

  /* The digit to explain: what the visitor chose, or the drawing's label, or what was read last. */
  const digitToExplain = () => {
    const label = training.names.join("") === "0123456789" ? reading.label : null;
    return chosen ?? label ?? (snapshot ? argmax(snapshot.probs) : 0);
  };

  const lookBack = async () => {
    if (!training?.step || !reading || !inSight || running()) return;
    machine.open();
    const key = `${training.id} ${training.step} ${chosen ?? "read"}`;
    if (loaded.key === key && loaded.of === reading) return machine.showAgain();
    const mine = { key, of: reading };
    loaded = mine;
    machine.clear();
    const digit = digitToExplain(),
      answer = await ask(server.snapshots, { ...payload(), digit }, say);
    if (loaded !== mine) return;
    if (answer) machine.load(answer.snapshots.map(unpackSnapshot), digit);
    else forgetSnapshots();
  };

  const forgetSnapshots = () => {
    loaded = { key: "", of: null };
    machine.clear();
  };

  const digitChoice = (name, digit) => {
    const input = make("input", { type: "radio", name: "inkling-live-digit", value: digit });
    input.addEventListener("change", () => {
      chosen = digit;
      lookBack();
    });
    return make("label", {}, input, make("span", {}, name));
  };

  /* ---- what the page sends ---- */
  on("reading", (latest) => {
    if (!latest.whole) return;
    if (latest.source !== reading?.source) chosen = null;
    reading = latest;
    look();
  });

  const startOver = ({ names }) => {
    reveal(element, true);
    forgetSnapshots();
    chosen = null;
    view.reset(names);
    find(".digits").replaceChildren(...names.map(digitChoice));
    setText(find(".summary"), t("It is about to learn."));
    scrollToTraining();
  };

  onTraining((latest) => {
    const before = training;
    training = latest;
    if (training.id !== before?.id) startOver(training);
    if (running()) {
      machine.close();
      find(".moment").textContent = "";
    }
    if (["id", "state", "paused", "step"].some((field) => training[field] !== before?.[field])) look();
  });

  reveal(element, training !== null);
  new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    if (inSight) look();
  }).observe(element);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });

  saves(element, {
    ready: () => snapshot,
    name: () => `watched-step-${snapshot.step}`,
    picture: () => drawSheet(element, snapshot, find(".asked").textContent),
    data: () => snapshotTable(snapshot, training.names),
  });
};
