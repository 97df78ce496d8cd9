import { on, tell } from "../../web/bus.js";
import { refuse } from "../../web/drawings.js";
import { isInSight } from "../../web/in_sight.js";
import { plural, t } from "../../web/language.js";
import { offer, saves } from "../../web/save.js";
import { learnOn } from "./lesson.js";
import { showList } from "./list.js";
import { showOutcome, symbolsFigure, symbolsTable } from "./outcome.js";
import { byFolder, readPictures, selected, takeFiles } from "./pictures.js";
import { load, store } from "./storage.js";
import {
  asText,
  checkedDrawing,
  checkedName,
  drawingOn,
  isBlank,
  keysOf,
  merged,
  missingText,
  onSheet,
  parsed,
  withDrawings,
} from "./symbols.js";
import { picturesText, progressText } from "./words.js";

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
  const showProgress = (progress) => {
    find(".wait").hidden = !progress;
    find(".wait span").textContent = progress ? progressText(progress) : "";
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
      const result = await learnOn(server, { start, before: reads, symbols: learned }, showProgress);
      lessons = [...lessons, result];
      save();
      reads = result.model;
      trigger("taught", { model: result.model });
      if (isBlank(sheet)) tell("put", onSheet(learned[0].drawings[0])); // so that there is something to read at once
      say(t("The model that has learned your symbols reads now. Draw one, and look into the other views."));
    } catch (error) {
      say(error.message);
    } finally {
      setBusy(false);
    }
  };

  /* ---- files ---- */
  const addPictures = async (files) => {
    setBusy(true);
    const { read, errors } = await readPictures(files, (done, of) => {
      showProgress({ done, of });
      find(".wait span").textContent = t("Reading picture {done} of {of}", { done: done + 1, of });
    });
    setBusy(false);
    let after = symbols,
      added = 0;
    for (const [folder, pictures] of byFolder(read, chosen ?? "")) {
      try {
        if (!folder) refuse(t("Name a symbol first."));
        const drawings = pictures.map((picture) => checkedDrawing(picture, limits)),
          name = [...folder.trim()].slice(0, limits.mostLetters).join("");
        after = merged(after, [{ name, drawings }], limits);
        added += drawings.length;
      } catch (error) {
        errors.push(error.message);
      }
    }
    if (after !== symbols) change(after);
    say(read.length || errors.length ? picturesText(added, errors) : t("There are no pictures in it."));
  };
  const importFile = async (file) => {
    try {
      if (file.size > limits.mostBytes) refuse(t("it is too large."));
      const added = parsed(await file.text(), limits);
      change(merged(symbols, added, limits));
      say(plural(added.length, "{n} symbol imported.", "{n} symbols imported."));
    } catch (error) {
      say(t("The file was not imported: {reason}", { reason: error.message }));
    }
  };
  takeFiles(
    element,
    {
      "input.pictures": (files) => addPictures(selected(files).map(({ file }) => ({ file, folder: "" }))),
      "input.folder": (files) => addPictures(selected(files)),
      "input.file": ([file]) => importFile(file),
    },
    (files) => busy || addPictures(files),
  );

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
    export: () => {
      offer("inkling-symbols.json", "application/json", asText(symbols));
      say(plural(symbols.length, "{n} symbol exported.", "{n} symbols exported."));
    },
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
