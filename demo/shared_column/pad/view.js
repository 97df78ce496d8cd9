/* The pad: draw a digit, and the model reads it. */
import { unpack } from "../../web/arrays.js";
import { emit } from "../../web/bus.js";
import { call } from "../../web/server.js";
import { drawSheet } from "./drawing.js";
import { newModelChoice } from "./model_choice.js";
import { followPointer } from "./pointer.js";
import { newReadings } from "./readings.js";
import { BLANK, isBlank, newHistory, ofExample, storedSheet } from "./sheet.js";
import { store, stored } from "./storage.js";
import { fillShelf, listenToKeys, newActionButtons, newTools } from "./tools.js";

const NO_STROKES = "The eraser cuts strokes only; this MNIST digit is a picture without strokes.";

export const mount = ({ element, props, server, trigger, watch }) => {
  const find = (selector) => element.querySelector(selector),
    canvas = find(".sheet canvas");
  let notice = ""; // what must be said with the next readings, until the sheet changes

  const say = (text, wrong = false) => {
    find(".message").textContent = text;
    find(".message").classList.toggle("wrong", wrong);
  };
  const nothing = (reason, wrong = false) => {
    say(reason, wrong);
    emit("nothing", { reason });
  };

  const history = newHistory(stored("sheet", storedSheet) ?? ofExample(props.examples[0]), (sheet) => {
    store("sheet", sheet);
    changed();
  });
  const unlessDrawing = (act) => (argument) => pointer.isDown() || act(argument);
  const actions = {
    undo: unlessDrawing(history.undo),
    redo: unlessDrawing(history.redo),
    clear: unlessDrawing(() => isBlank(history.now()) || history.put(BLANK)),
  };
  const enable = newActionButtons(element, actions);
  const tools = newTools(element, canvas);

  /* The sheet as it looks now, with the stroke that is being drawn. */
  const sheet = () => (pointer.isDown() ? pointer.draft() : history.now());

  const show = () => {
    const blank = isBlank(sheet());
    drawSheet(canvas, sheet());
    find(".hint").hidden = !blank;
    enable({ undo: history.canUndo(), redo: history.canRedo(), clear: !blank });
  };

  const changed = (message = "") => {
    notice = message;
    show();
    readings.renew();
  };

  const pointer = followPointer(canvas, {
    sheet: history.now,
    tool: tools.tool,
    changed,
    lifted: (after) => {
      if (after !== history.now()) history.put(after);
      else changed(after.sample ? NO_STROKES : ""); // what was read while the pointer was down was a glance
      readings.hurry();
    },
  });

  /* Ask the server for a reading, and return what to do with its answer. */
  const read = async () => {
    const { sample, strokes } = sheet(),
      whole = !pointer.isDown();
    const source = { ...(sample ? { sample: sample.index } : { strokes }), model: models.token() };
    const answer = await call(server.read, { ...source, whole });
    return () => {
      if (answer.expired) forgetOwn(answer.error);
      else if (!answer.error) accept(answer, source, sample);
      else if (whole) nothing(answer.error, true); // while the pen is down, a first dot is no mistake
    };
  };

  const accept = (answer, source, sample) => {
    say(notice || (sample ? `MNIST test digit ${sample.index}; its writer meant a ${sample.label}.` : ""));
    models.describe(answer.model.summary);
    emit("reading", { ...answer, source, label: sample?.label ?? null, image: unpack(answer.image) });
  };

  const forgetOwn = (reason) => {
    notice = reason;
    models.forgetOwn();
    readings.renew();
  };

  const readings = newReadings({
    blank: () => isBlank(sheet()),
    isDown: pointer.isDown,
    read,
    shown: {
      busy: (now) => element.setAttribute("aria-busy", now),
      blank: () => nothing(""),
      unanswered: () => say("The server does not answer. Your drawing is safe; trying again.", true),
    },
  });
  const models = newModelChoice(element, props.models, { changed: readings.renew, trigger });

  const random = async () => {
    try {
      const sample = await call(server.sample, {});
      if (!pointer.isDown()) history.put({ strokes: [], sample }); // who draws by now wants no other digit
    } catch {
      say("The server does not answer. Try again in a moment.", true);
    }
  };
  const example = unlessDrawing((each) => history.put(ofExample(each)));
  fillShelf(find(".shelf"), props.examples, { example, random });
  listenToKeys(element, canvas, actions, tools.choose);

  new ResizeObserver(show).observe(canvas);
  const obey = () => models.obey(props.value ?? {});
  watch("value", obey);
  obey();
  changed();
};
