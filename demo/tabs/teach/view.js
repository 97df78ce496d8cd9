import { on } from "../../web/bus.js";
import { plural, t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { download, saves } from "../../web/save.js";
import { asText, checked, drawingOf, merged, parsed, refuse, sameDrawing } from "./corrections.js";
import { teachFigure, teachTable } from "./files.js";
import { lessonOf, teachOn } from "./lesson.js";
import { showList } from "./list.js";
import { outcome } from "./outcome.js";
import { question } from "./question.js";
import { load, store } from "./storage.js";
import { progressText } from "./words.js";

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
    if (!shipped) return null;
    return plural(Number.parseInt(shipped.label, 10), "the model with {n} patch", "the model with {n} patches");
  };
  const drawing = () => (reading ? drawingOf(reading.source) : null);
  /* The lesson that the model which reads comes from, if it was taught here. */
  const lesson = () => lessons.find(({ model }) => model === reading?.source.model);
  const start = () => lesson()?.start ?? reading.source.model;
  const use = (model) => trigger("taught", { model });

  const save = () => {
    if (!store(corrections, lessons)) say(t("This browser stores nothing: export your corrections before you leave."));
  };

  /* ---- what is shown ---- */
  const shownOutcome = outcome(find, nameOf);
  const asked = question(find, () => showQuestion());
  const showQuestion = () => {
    asked.show(reading, drawing(), busy);
    find('[data-do="undo"]').disabled = busy || !lesson();
  };
  const remove = (correction) => {
    corrections = corrections.filter((other) => other !== correction);
    save();
    showCorrections();
    find('[data-do="again"]').focus();
  };
  const showCorrections = () => {
    const name = nameOf(reading?.source.model) ?? t("your model");
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
      say(t("The model that you taught reads now. Draw the digit again, a little differently: is it read right?"));
    } catch (error) {
      say(error.message);
    } finally {
      setBusy(false);
    }
  };

  /* ---- files ---- */
  const importFile = async (file) => {
    try {
      if (file.size > LARGEST_FILE) refuse(t("it is too large."));
      const added = parsed(await file.text(), limits);
      corrections = merged(corrections, added, limits);
      save();
      showCorrections();
      const button = find('[data-do="again"]').textContent;
      say(
        plural(
          added.length,
          "{n} correction imported. Press “{button}” to teach it.",
          "{n} corrections imported. Press “{button}” to teach them.",
          { button },
        ),
      );
    } catch (error) {
      say(t("The file was not imported: {reason}", { reason: error.message }));
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
        const correction = checked({ label: asked.chosen(), ...drawing() }, corrections.length, limits);
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
      const model = nameOf(before) ?? t("the model before");
      say(t("Undone: {model} reads again. Your corrections are still listed below.", { model }));
      use(before);
    },
    export: () => {
      exportFile();
      say(plural(corrections.length, "{n} correction exported.", "{n} corrections exported."));
    },
    import: () => input.click(),
    forget: () => {
      corrections = [];
      save();
      show();
      say(t("All corrections are deleted from this browser."));
    },
  };
  for (const button of element.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => actions[button.dataset.do]());
  saves(element, {
    ready: shownOutcome.drawing,
    first: t("Teach it something first."),
    name: () => `taught-${argmax(shownOutcome.drawing().after)}`,
    picture: () => teachFigure(find, shownOutcome.drawing()),
    data: () => teachTable(shownOutcome.drawing()),
  });

  /* ---- following the page ---- */
  const follow = (message) => {
    const before = drawing() ?? {};
    reading = message;
    const now = drawing() ?? {};
    if (!sameDrawing(now, before)) {
      asked.choose(corrections.find((correction) => sameDrawing(correction, now))?.label ?? -1);
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
