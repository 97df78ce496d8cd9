import { on, tell } from "../../web/bus.js";
import { isInSight } from "../../web/in_sight.js";
import { plural, t } from "../../web/language.js";
import { saves } from "../../web/save.js";
import { downloadModel, exportSymbols, takeSymbols } from "./files.js";
import { learnOn } from "./lesson.js";
import { showList } from "./list.js";
import { showOutcome, symbolsFigure, symbolsTable } from "./outcome.js";
import { load, store } from "./storage.js";
import {
  checkedDrawing,
  checkedName,
  drawingOn,
  isBlank,
  keysOf,
  missingText,
  onSheet,
  withDrawings,
} from "./symbols.js";
import { progressText } from "./words.js";

const STEPS_BACK = 20; // of Undo

export const mount = ({ element, props, server, trigger }) => {
  const find = (selector) => element.querySelector(selector);
  const button = (name) => find(`[data-do="${name}"]`);
  const { limits } = props;
  let { symbols, lessons } = load(limits), // lists that are replaced, never changed in place
    chosen = symbols[0]?.name, // the symbol that is drawn
    past = [], // the symbols before each change
    sheet = null,
    reads = null, // token of the model that reads
    busy = false;

  const say = (text) => {
    find(".message").textContent = text;
  };
  /* Say what went wrong in `act`. */
  const trying = (act) => {
    try {
      return act();
    } catch (error) {
      return say(error.message);
    }
  };
  const save = () => {
    if (!store(symbols, lessons)) say(t("This browser stores nothing: export your symbols before you leave."));
  };

  /* ---- what is shown ---- */
  const lesson = () => lessons.find(({ model }) => model === reads) ?? lessons.at(-1);
  const isUpToDate = () => {
    const known = Object.keys(lesson()?.read ?? {}),
      wanted = keysOf(symbols);
    return known.length === wanted.length && wanted.every((key) => known.includes(key));
  };
  const showButtons = () => {
    const missing = missingText(symbols, limits);
    button("add").textContent = chosen ? t("Add to “{name}”", { name: chosen }) : t("Add");
    button("add").disabled = busy || !chosen || !drawingOn(sheet);
    button("pictures").disabled = busy || !chosen;
    for (const name of ["folder", "import"]) button(name).disabled = busy;
    for (const name of ["export", "forget"]) button(name).disabled = busy || !symbols.length;
    button("undo").disabled = busy || !past.length;
    button("learn").disabled = busy || Boolean(missing);
    find(".missing").textContent = busy ? "" : missing;
  };
  const show = () => {
    showButtons();
    showList(find(".symbols"), { symbols, chosen, lesson: lesson(), busy, choose, remove });
    showOutcome(find, symbols.length ? lesson() : null, { upToDate: isUpToDate(), reads: reads === lesson()?.model });
  };
  const showProgress = (progress, text = progress ? progressText(progress) : "") => {
    find(".wait").hidden = !progress;
    find(".wait span").textContent = text;
    if (progress?.of) find("progress").value = progress.done / progress.of;
    else find("progress").removeAttribute("value");
  };
  const setBusy = (now) => {
    busy = now;
    element.setAttribute("aria-busy", now);
    if (!now) showProgress(null);
    show();
  };

  /* ---- the symbols ---- */
  const use = (list) => {
    symbols = list;
    if (!symbols.some(({ name }) => name === chosen)) chosen = symbols.at(-1)?.name;
    save();
    show();
  };
  const change = (after) => {
    past = [...past, symbols].slice(-STEPS_BACK);
    use(after);
  };
  const choose = (name) => {
    chosen = name;
    show();
  };
  const remove = (name, drawing) => {
    const without = (symbol) => ({ ...symbol, drawings: symbol.drawings.filter((other) => other !== drawing) });
    change(
      drawing
        ? symbols.map((symbol) => (symbol.name === name ? without(symbol) : symbol))
        : symbols.filter((symbol) => symbol.name !== name),
    );
    say(drawing ? t("Drawing removed.") : t("Symbol “{name}” deleted. Undo brings it back.", { name }));
    find(".symbols .chosen input")?.focus();
  };
  const add = () => {
    const drawing = drawingOn(sheet);
    if (busy || !chosen || !drawing) return;
    let checked;
    try {
      checked = checkedDrawing(drawing, limits);
    } catch (error) {
      return say(t("The drawing was not added: {reason}", { reason: error.message }));
    }
    trying(() => {
      change(withDrawings(symbols, chosen, [checked], limits));
      const { drawings } = symbols.find(({ name }) => name === chosen);
      say(
        plural(
          drawings.length,
          "“{name}” has {n} drawing. Draw the next.",
          "“{name}” has {n} drawings. Draw the next.",
          {
            name: chosen,
          },
        ),
      );
      tell("put", { strokes: [] });
    });
  };
  const name = find(".new input");
  find(".new").addEventListener("submit", (event) => {
    event.preventDefault();
    trying(() => {
      const text = checkedName(name.value, symbols, limits);
      chosen = text;
      change([...symbols, { name: text, drawings: [] }]);
      name.value = "";
      say(t("Draw “{name}”, and press Add.", { name: text }));
    });
  });

  /* ---- learning ---- */
  const learn = async () => {
    const learned = symbols;
    setBusy(true);
    say("");
    try {
      const start = lessons.find(({ model }) => model === reads)?.start ?? reads;
      let left = ""; // what must be said about the model before
      const expired = () => {
        left = t("Your model before this one is no longer stored, so a shipped one learned them.");
        tell("read_by", null);
      };
      const asked = { start, before: reads, symbols: learned },
        result = await learnOn(server, asked, { progress: (now) => showProgress(now), expired });
      lessons = [...lessons, result];
      save();
      reads = result.model;
      trigger("taught", { model: result.model });
      if (isBlank(sheet)) tell("put", onSheet(learned[0].drawings[0])); // so that there is something to read at once
      const done = t("The model that has learned your symbols reads now. Draw one, and look into the other views.");
      say([done, left].filter(Boolean).join(" "));
    } catch (error) {
      say(error.message);
    } finally {
      setBusy(false);
    }
  };

  /* ---- files ---- */
  takeSymbols(element, {
    limits,
    state: () => ({ symbols, chosen, busy }),
    change,
    say,
    wait: (progress, text) => {
      if (busy !== Boolean(progress)) setBusy(!busy);
      if (progress) showProgress(progress, text);
    },
  });
  const saveModel = async () => {
    const { model } = lesson(),
      { text, expired } = await downloadModel(server, model);
    say(text);
    if (!expired) return;
    if (reads === model) tell("read_by", null);
    find(".message").scrollIntoView({ block: "center" }); // Learn is beside it
  };

  /* ---- the buttons, and a key where nothing is typed ---- */
  const actions = {
    add,
    learn,
    pictures: () => find("input.pictures").click(),
    folder: () => find("input.folder").click(),
    import: () => find("input.file").click(),
    undo: () => {
      const before = past.at(-1);
      past = past.slice(0, -1);
      use(before);
      say(t("Undone."));
    },
    export: () => say(exportSymbols(symbols)),
    model: saveModel,
    forget: () => {
      change([]);
      say(t("All symbols are deleted from this browser. Undo brings them back."));
    },
  };
  for (const each of element.querySelectorAll("[data-do]"))
    each.addEventListener("click", () => actions[each.dataset.do]());
  document.addEventListener("keydown", (event) => {
    const { target, key, ctrlKey, metaKey, altKey, repeat } = event;
    if (key.toLowerCase() !== "a" || ctrlKey || metaKey || altKey || repeat || !isInSight(element)) return;
    if (target !== document.body && !target.closest?.("#pad .sheet") && !element.contains(target)) return;
    if (target.matches?.("input[type=text], input[type=file]")) return;
    event.preventDefault();
    add();
  });
  saves(element, {
    ready: lesson,
    first: t("Let it learn something first."),
    name: () => "symbols",
    picture: () => symbolsFigure(lesson()),
    data: () => symbolsTable(lesson()),
  });

  /* ---- following the page ---- */
  on("sheet", (now) => {
    sheet = now;
    showButtons();
  });
  on("reading", ({ source, whole }) => {
    if (!whole || source.model === reads) return;
    reads = source.model;
    show();
  });
  show();
};
