import { on } from "../../web/bus.js";
import { download, saves } from "../../web/save.js";
import { asText, checked, merged, parsed, placesOnly, refuse } from "./corrections.js";
import { outcomeSheet } from "./files.js";
import { lessonOf, teachOn } from "./lesson.js";
import { showList } from "./list.js";
import { outcome } from "./outcome.js";
import { question } from "./question.js";
import { load, store } from "./storage.js";
import { best, counted, progressText } from "./words.js";

const LARGEST_FILE = 4e6; // bytes

export const mount = ({ element, props, server, trigger }) => {
  const find = (selector) => element.querySelector(selector);
  const limits = { most: props.most, points: props.points };
  let { corrections, lessons } = load(limits); // lists that are replaced, never changed in place
  let reading = null, // the page's last whole reading
    busy = false; // a lesson runs

  const say = (text) => {
    find(".message").textContent = text;
  };
  const nameOf = (token) => {
    const shipped = props.models.find((model) => model.token === token);
    return shipped ? `the model with ${shipped.label}` : null;
  };
  const strokes = () => (reading?.source.strokes ? placesOnly(reading.source.strokes) : null);
  /* The lesson that the model which reads comes from, if it was taught here. */
  const lesson = () => lessons.find(({ model }) => model === reading?.source.model);
  const start = () => lesson()?.start ?? reading.source.model;
  const use = (model) => trigger("taught", { model });

  const save = () => {
    if (!store(corrections, lessons)) say("This browser stores nothing: export your corrections before you leave.");
  };

  /* ---- what is shown ---- */
  const shownOutcome = outcome(find);
  const asked = question(find, () => showQuestion());
  const showQuestion = () => {
    asked.show(reading, strokes(), busy);
    find('[data-do="undo"]').disabled = busy || !lesson();
  };
  const remove = (correction) => {
    corrections = corrections.filter((other) => other !== correction);
    save();
    showCorrections();
    find('[data-do="again"]').focus();
  };
  const showCorrections = () => {
    const name = nameOf(reading?.source.model) ?? "your model";
    showList(find, { corrections, lesson: lesson(), busy, ready: Boolean(reading), name }, remove);
  };
  const show = () => {
    showQuestion();
    showCorrections();
  };

  const showProgress = (progress) => {
    const { text, share } = progress ? progressText(progress) : { text: "", share: 0 };
    find(".wait").hidden = !progress;
    find(".wait span").textContent = text;
    if (share === null) find("progress").removeAttribute("value");
    else find("progress").value = share;
  };

  /* ---- a lesson ---- */
  const setBusy = (now) => {
    busy = now;
    element.setAttribute("aria-busy", now);
    if (!now) showProgress(null);
    show();
  };

  /* Teach all corrections, and show the outcome for the drawing of the one at `at`. */
  const teach = async (at) => {
    const taught = corrections,
      before = reading.source.model;
    setBusy(true);
    say("");
    try {
      const result = await teachOn(server, { start: start(), before, corrections: taught }, showProgress);
      lessons = [...lessons, lessonOf(result, before, taught)];
      save();
      await shownOutcome.show(result, taught, at);
      use(result.model);
      say("The model that you taught reads now. Draw the digit again, a little differently: is it read right?");
    } catch (error) {
      say(error.message);
    } finally {
      setBusy(false);
    }
  };

  /* ---- files ---- */
  const importFile = async (file) => {
    try {
      if (file.size > LARGEST_FILE) refuse("it is too large.");
      const added = parsed(await file.text(), limits);
      corrections = merged(corrections, added, limits);
      save();
      showCorrections();
      const button = find('[data-do="again"]').textContent;
      say(
        `${counted(added.length, "correction")} imported. Press “${button}” to teach ${added.length === 1 ? "it" : "them"}.`,
      );
    } catch (error) {
      say(`The file was not imported: ${error.message}`);
    }
  };
  const exportFile = () => {
    const bytes = new TextEncoder().encode(asText(corrections)),
      base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    download("inkling-corrections.json", "application/json", base64);
  };
  const input = find("input[type=file]");
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) await importFile(file);
    input.value = ""; // so that the same file can be chosen again
  });

  /* ---- the buttons ---- */
  const actions = {
    teach: () => {
      try {
        const correction = checked({ label: asked.chosen(), strokes: strokes() }, corrections.length, limits);
        corrections = merged(corrections, [correction], limits);
      } catch (error) {
        return say(error.message);
      }
      save();
      teach(corrections.length - 1);
    },
    again: () => {
      if (corrections.length) return teach(corrections.length - 1);
      shownOutcome.hide();
      say("");
      use(start());
    },
    undo: () => {
      const { before } = lesson();
      shownOutcome.hide();
      say(`Undone: ${nameOf(before) ?? "the model before"} reads again. Your corrections are still listed below.`);
      use(before);
    },
    export: () => {
      exportFile();
      say(`${counted(corrections.length, "correction")} exported.`);
    },
    import: () => input.click(),
    forget: () => {
      corrections = [];
      save();
      show();
      say("All corrections are deleted from this browser.");
    },
  };
  for (const button of element.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => actions[button.dataset.do]());
  saves(element, {
    ready: shownOutcome.drawing,
    first: "Teach it something first.",
    name: () => `taught-${best(shownOutcome.drawing().after)}`,
    picture: () => outcomeSheet(find, shownOutcome.drawing()),
  });

  /* ---- following the page ---- */
  const follow = (message) => {
    const before = JSON.stringify(strokes());
    reading = message;
    const now = JSON.stringify(strokes());
    if (now !== before) {
      asked.choose(corrections.find((correction) => JSON.stringify(correction.strokes) === now)?.label ?? -1);
      if (!busy) say("");
    }
    show();
  };
  on("reading", (message) => {
    if (message.whole) follow(message);
  });
  on("nothing", () => {
    if (reading) follow({ ...reading, source: { model: reading.source.model } });
  });
  show();
};
