/* Put the page into the state that a link holds. */
import { on, tell } from "../web/bus.js";
import { t } from "../web/language.js";
import { open } from "../web/route.js";
import { choose } from "../web/selection.js";
import { call } from "../web/server.js";
import { OWN } from "./codec.js";

const NO_SAMPLE = t("The digit of this link could not be fetched; the other parts of the link are here.");

/* The part of a selection that a model has. */
const fitting = ({ token, layer, head, digit, missing }, { model }) => ({
  ...(token !== undefined && token <= model.num_patches && { token }),
  ...(layer !== undefined && layer < model.depth && { layer }),
  ...(head !== undefined && head < model.num_heads && { head }),
  ...(digit !== undefined && digit < model.names.length && { digit }),
  ...(missing && { mask_mode: missing }),
});

/* The pad listens to wishes from the moment at which it tells its sheet. */
const padIsThere = new Promise((resolve) => on("sheet", resolve));

/* Returns `show(state, { again })`: after a reload (`again`) the page has stored the sheet and the view itself. */
export const newOpening = ({ examples, models, sample, say }) => {
  let waits = null; // what is chosen as soon as the sheet of the link is read

  const isOf = ({ sheet, model }, { source }) =>
    (!model || source.model === model) &&
    (!sheet || (sheet.sample ? source.sample === sheet.sample.index : source.strokes === sheet.strokes));

  on("reading", (reading) => {
    if (!waits || !reading.whole || !isOf(waits, reading)) return;
    const selection = fitting(waits.state, reading);
    waits = null;
    setTimeout(() => choose(selection)); // after all views have the reading
  });

  /* The sheet for the pad; null where there is none, or no longer. */
  const sheetFor = async ({ strokes, example, sample: index }) => {
    if (index !== undefined) {
      const answer = await call(sample, { index });
      return answer.error ? null : { strokes: [], sample: answer };
    }
    if (example === undefined) return { strokes };
    const found = examples.find(({ label }) => label === example);
    return found ? { strokes: found.strokes, example: true } : null;
  };

  const putSheet = async (linked, waiting) => {
    waiting.sheet = await sheetFor(linked).catch(() => null);
    if (waiting.sheet) tell("put", waiting.sheet);
    else say(NO_SAMPLE);
  };

  const readBy = (model) => {
    const ships = models.some(({ token }) => token === model);
    if (ships) tell("read_by", model);
    else if (model && model !== OWN)
      say(t("The model {model} of this link is not on this page; another one reads.", { model }));
    return ships ? model : null;
  };

  return async (state, { again = false } = {}) => {
    if (state.view && !again) open(state.view);
    await padIsThere;
    const waiting = { state, sheet: null, model: null };
    waits = waiting;
    if (again) return;
    waiting.model = readBy(state.model ?? (state.sheet ? models[0].token : undefined));
    if (state.sheet) await putSheet(state.sheet, waiting);
  };
};
