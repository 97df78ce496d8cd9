/* Files: pictures and exported symbols that come in, and what goes out. */
import { refuse } from "../../web/drawings.js";
import { plural, t } from "../../web/language.js";
import { download, offer } from "../../web/save.js";
import { call, failureText } from "../../web/server.js";
import { byFolder, readPictures, selected, takeFiles } from "./pictures.js";
import { asText, checkedDrawing, merged, parsed } from "./symbols.js";
import { picturesText } from "./words.js";

/* The symbols with the pictures that were `read`, by their folder; those without one are of `otherwise`. Returns them,
   the number of pictures that were `added`, and the `errors`. */
export const withPictures = (symbols, read, otherwise, limits) => {
  const errors = [];
  let after = symbols,
    added = 0;
  for (const [folder, pictures] of byFolder(read, otherwise)) {
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
  return { after, added, errors };
};

/* Take files that are chosen in `element` or dropped on it. `state()` has the `symbols`, the name of the `chosen` one,
   and whether a lesson runs (`busy`); `change(symbols)` replaces them, `wait(text, progress)` shows a progress, null
   its end. */
export const takeSymbols = (element, { limits, state, change, say, wait }) => {
  const addPictures = async (files) => {
    const reading = (done, of) => wait({ done, of }, t("Reading picture {done} of {of}", { done: done + 1, of }));
    reading(0, files.length);
    const { read, errors: unread } = await readPictures(files, reading);
    wait(null);
    const { symbols, chosen } = state(),
      { after, added, errors } = withPictures(symbols, read, chosen ?? "", limits),
      all = [...unread, ...errors];
    if (after !== symbols) change(after);
    say(read.length || all.length ? picturesText(added, all) : t("There are no pictures in it."));
  };
  const importFile = async (file) => {
    try {
      if (file.size > limits.mostBytes) refuse(t("it is too large."));
      const added = parsed(await file.text(), limits);
      change(merged(state().symbols, added, limits));
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
    {
      drop: (files) => state().busy || addPictures(files),
      unread: () => say(t("The browser cannot read these files.")),
    },
  );
};

export const exportSymbols = (symbols) => {
  offer("inkling-symbols.json", "application/json", asText(symbols));
  return plural(symbols.length, "{n} symbol exported.", "{n} symbols exported.");
};

/* Download the model of a lesson; returns what to say, and whether it is no longer stored (`expired`). */
export const downloadModel = async (server, model) => {
  try {
    const { error, expired, type, data } = await call(server.checkpoint, { model });
    if (!error) download("inkling-symbols.safetensors", type, data);
    return { text: error ?? t("The model was downloaded."), expired };
  } catch (error) {
    return { text: failureText(error) };
  }
};
