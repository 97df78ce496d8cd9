import { unpack } from "../../../web/arrays.js";
import { on } from "../../../web/bus.js";
import { make } from "../../../web/dom.js";
import { gridOf } from "../../../web/grid.js";
import { colourLooks, colourMap } from "../../../web/patch_map.js";
import { saves } from "../../../web/save.js";
import { ask, hasEnded, onTraining, setText } from "../training.js";
import { buildBars } from "./bars.js";
import { drawSheet } from "./sheet.js";
import { buildTestDigits } from "./test_digits.js";
import { timeMachine } from "./time_machine.js";
import { drawFilters, drawPositions } from "./weights.js";
import { argmax, readingWords, turningWords } from "./words.js";

const LOOK_MS = 220; // between two questions about a training that runs
const PACKED = ["attention", "filters", "positions", "relevance", "occlusion"]; // arrays of a snapshot

const unpackSnapshot = (packed) => {
  const snapshot = { ...packed };
  for (const name of PACKED) if (snapshot[name]) snapshot[name] = unpack(snapshot[name]);
  return snapshot;
};

/* After a press of Start, scroll to the training once; after a reload nothing moves by itself. */
const scrollAfterStart = () => {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let pressed = false;
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("#training-buttons button.primary")) pressed = true;
  });
  return () => {
    if (!pressed) return;
    pressed = false;
    const behavior = still.matches ? "auto" : "smooth";
    document.querySelector("#training")?.scrollIntoView({ block: "start", behavior });
  };
};

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const scrollToTraining = scrollAfterStart();
  let reading = null, // of the page: the drawing and its source
    training = null,
    snapshot = null, // the one that is shown
    inSight = false;
  let showBars = null,
    showTestDigits = null; // null until they are there

  const say = (text) => {
    find(".message").textContent = text;
  };
  const running = () => training !== null && !hasEnded(training) && !training.paused;
  const name = (digit) => training.names[digit];
  const payload = () => ({ ...reading.source, job: training.id });

  /* ---- one snapshot ---- */
  const show = (latest) => {
    snapshot = latest;
    find(".view").hidden = false;
    setText(find(".summary"), readingWords(snapshot, training.names));
    showBars(snapshot.probs);
    find(".score").textContent = showTestDigits?.(snapshot.test_digits) ?? "";
    colourLooks(find(".attention"), reading.image, snapshot.attention);
    drawFilters(find(".filters"), snapshot.filters);
    find(".places").hidden = !snapshot.positions;
    if (snapshot.positions) drawPositions(find(".positions"), snapshot.positions);
    find(".why").hidden = !snapshot.occlusion;
    for (const map of snapshot.occlusion ? ["occlusion", "relevance"] : []) {
      colourMap(find(`.${map}`), gridOf(snapshot[map].data.length), reading.image, snapshot[map].data);
    }
  };

  /* ---- while it runs: one question at a time, and only while the view is in sight ---- */
  let asking = false,
    again = false;
  const look = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    do {
      again = false;
      if (!inSight || !reading || !training || document.hidden) break;
      const started = performance.now();
      await lookOnce();
      if (running()) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, LOOK_MS - (performance.now() - started))));
        again = true;
      }
    } while (again);
    asking = false;
    lookBack();
  };

  const lookOnce = async () => {
    const asked = reading,
      { id } = training;
    await loadTestDigits();
    const answer = await ask(server.now, payload(), say);
    if (answer?.snapshot && asked === reading && id === training.id) show(unpackSnapshot(answer.snapshot));
  };

  const loadTestDigits = async () => {
    if (showTestDigits || !training.step) return;
    const { id, names } = training,
      digits = await ask(server.test_digits, { job: id }, say);
    if (digits?.images && id === training.id) showTestDigits = buildTestDigits(find(".test-digits"), digits, names);
  };

  /* ---- while it does not: all snapshots, with explanations of one digit ---- */
  let chosen = null, // the digit that the visitor chose for this drawing
    loading = { key: "", of: null };

  const showMoment = (snapshots, index, digit) => {
    show(snapshots[index]);
    find(".asked").textContent = name(digit);
    for (const input of element.querySelectorAll(".digits input")) input.checked = Number(input.value) === digit;
    const turning = turningWords(snapshots, digit, name(digit));
    setText(find(".moment"), `Moment ${index + 1} of ${snapshots.length}. ${turning}`);
  };
  const machine = timeMachine(element, showMoment);

  /* The digit to explain: what the visitor chose, or the drawing's label, or what was read last. */
  const digitToExplain = () => {
    const label = training.names.join("") === "0123456789" ? reading.label : null;
    return chosen ?? label ?? (snapshot ? argmax(snapshot.probs) : 0);
  };

  const lookBack = async () => {
    if (!training?.step || !reading || !inSight || running()) return;
    machine.open();
    const key = `${training.id} ${training.step} ${chosen ?? "read"}`;
    if (loading.key === key && loading.of === reading) return machine.showAgain();
    loading = { key, of: reading };
    machine.clear();
    const mine = loading,
      digit = digitToExplain(),
      answer = await ask(server.snapshots, { ...payload(), digit }, say);
    if (loading !== mine) return;
    if (answer) machine.load(answer.snapshots.map(unpackSnapshot), digit);
    else forgetSnapshots();
  };

  const forgetSnapshots = () => {
    loading = { key: "", of: null };
    machine.clear();
  };

  const digitChoice = (label, digit) => {
    const input = make("input", { type: "radio", name: "inkling-live-digit", value: digit });
    input.addEventListener("change", () => {
      chosen = digit;
      lookBack();
    });
    return make("label", {}, input, make("span", {}, label));
  };

  /* ---- what the page sends ---- */
  on("reading", (latest) => {
    if (!latest.whole) return;
    if (latest.source !== reading?.source) chosen = null;
    reading = latest;
    look();
  });

  const startOver = (names) => {
    forgetSnapshots();
    [chosen, showTestDigits] = [null, null];
    find(".view").hidden = true;
    find(".test-digits").replaceChildren();
    setText(find(".summary"), "It is about to learn.");
    showBars = buildBars(find(".bars"), names);
    find(".digits").replaceChildren(...names.map(digitChoice));
    scrollToTraining();
  };

  onTraining((latest) => {
    const before = training;
    training = latest;
    if (training.id !== before?.id) startOver(training.names);
    if (running()) {
      machine.close();
      find(".moment").textContent = "";
    }
    if (["id", "state", "paused", "step"].some((field) => training[field] !== before?.[field])) look();
  });

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
  });
};
