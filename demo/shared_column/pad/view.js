/* The pad: draw a digit or give it a picture, and the model reads it. */
import { isBeside } from "../../web/beside.js";
import { emit, on } from "../../web/bus.js";
import { call, failureText } from "../../web/server.js";
import { newHand } from "./hand.js";
import { followKeys } from "./keyboard_pen.js";
import { takePictures } from "./pictures.js";
import { followPointer } from "./pointer.js";
import { newReader } from "./reader.js";
import { BLANK, hasNoStrokes, isBlank, newHistory, ofExample, sheetOf, storedSheet, withDigit } from "./sheet.js";
import { newSheetView } from "./sheet_view.js";
import { store, stored } from "./storage.js";
import { fillShelf, listenToKeys, newActionButtons, newTools } from "./tools.js";
import { noStrokesText } from "./words.js";

export const mount = ({ element, props, server, trigger, watch }) => {
  const find = (selector) => element.querySelector(selector),
    canvas = find(".sheet canvas"),
    view = newSheetView(find, (at) => put(withDigit(history.now(), at)));
  const say = (text, wrong = false) => {
    const message = find(".message");
    if (message.textContent !== text) message.textContent = text; // else it would be spoken again
    message.classList.toggle("wrong", wrong);
  };

  /* ---- the sheet as it looks now, with the stroke that is being drawn ---- */
  const history = newHistory(stored("sheet", storedSheet) ?? ofExample(props.examples[0]), (sheet) => {
    store("sheet", sheet);
    emit("sheet", sheet);
    changed();
  });
  const sheet = () => (hand.isDown() ? hand.draft() : history.now());
  const show = () => {
    view.show(sheet());
    enable({ undo: history.canUndo(), redo: history.canRedo(), clear: !isBlank(sheet()), picture: true });
  };
  const changed = (message = "") => {
    reader.renew(message); // first, so that the model reads while the sheet is drawn
    show();
  };

  /* ---- the hand ---- */
  const lifted = (after) => {
    if (after !== history.now()) history.put(after);
    else changed(hasNoStrokes(after) ? noStrokesText(after) : ""); // what was read before the hand lifted was a glance
    reader.hurry();
  };
  const tools = newTools(element, canvas);
  const hand = newHand({ sheet: history.now, tool: tools.tool, changed, lifted });
  const keys = followKeys(canvas, hand, { cursor: find(".cursor"), speak: view.speak });
  followPointer(canvas, hand);
  const unlessDrawing = (act) => (argument) => {
    keys.lift();
    if (!hand.isDown()) act(argument);
  };

  const reader = newReader({
    element,
    props,
    server,
    trigger: isBeside ? () => {} : trigger,
    sheet,
    isDown: hand.isDown,
    say,
  });

  /* ---- what is put on the sheet ---- */
  const put = unlessDrawing(history.put);
  const random = async () => {
    try {
      put({ strokes: [], sample: await call(server.sample, {}) }); // who draws by now wants no other digit
    } catch (error) {
      say(failureText(error), true);
    }
  };
  fillShelf(find(".shelf"), props.examples, { example: (each) => put(ofExample(each)), random });
  const input = find("input[type=file]");
  takePictures(element, input, { put: (picture) => put(sheetOf({ picture })), say, served: props.pictures !== false });

  const actions = {
    undo: unlessDrawing(history.undo),
    redo: unlessDrawing(history.redo),
    clear: unlessDrawing(() => isBlank(history.now()) || history.put(BLANK)),
    picture: () => input.click(),
  };
  const enable = newActionButtons(element, actions);
  listenToKeys(element, canvas, actions, tools.choose);

  /* ---- what other parts of the page wish for ---- */
  on("put", (wanted) => put(sheetOf(wanted)));
  on("read_by", (token) => reader.choose(token ?? props.models[0].token));
  const obey = () => reader.obey(props.value ?? {});
  watch("value", obey);
  obey();

  new ResizeObserver(show).observe(canvas);
  emit("sheet", history.now());
  changed();
};
