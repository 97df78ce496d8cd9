// @ts-check
/* What lies on the sheet, and the sheets before and after it. A sheet is never changed in place. */

/** @typedef {import("./strokes.js").Stroke} Stroke */
/** @typedef {{ index: number, label: number, image: any }} Sample an MNIST test digit, as the server sends it */
/**
 * `example`: the strokes are an example's as it came, which the first stroke replaces.
 * @typedef {{ strokes: Stroke[], sample: Sample | null, example?: boolean }} Sheet
 */

/** @type {Sheet} */
export const BLANK = { strokes: [], sample: null };

/** @param {Sheet} sheet */
export const isBlank = ({ strokes, sample }) => !sample && strokes.length === 0;

/**
 * An example as it came.
 * @param {{ strokes: Stroke[] }} example
 * @returns {Sheet}
 */
export const ofExample = ({ strokes }) => ({ strokes, sample: null, example: true });

/**
 * A sheet as the browser stored it; null for a blank one, because the page never opens with an empty sheet.
 * @param {Sheet} stored
 * @returns {Sheet | null}
 */
export const storedSheet = ({ strokes, sample, example }) =>
  strokes.length || sample ? { strokes, sample, example } : null;

/**
 * The sheet on which a stroke begins: a digit of MNIST or an untouched example gives way to it.
 * @param {Sheet} sheet
 */
export const underStroke = (sheet) => (sheet.sample || sheet.example ? BLANK : sheet);

/**
 * The sheet with these strokes alone.
 * @param {Stroke[]} strokes
 * @returns {Sheet}
 */
export const withStrokes = (strokes) => ({ strokes, sample: null });

/**
 * A sheet with undo and redo. `changed` is called after each change.
 * @param {Sheet} first
 * @param {(sheet: Sheet) => void} changed
 */
export const newHistory = (first, changed) => {
  let sheet = first;
  /** @type {Sheet[]} */
  let future = [];
  /** @type {Sheet[]} */
  const past = [];
  const set = (/** @type {Sheet} */ next) => {
    sheet = next;
    changed(sheet);
  };
  const step = (/** @type {Sheet[]} */ from, /** @type {Sheet[]} */ to) => {
    const next = from.pop();
    if (!next) return;
    to.push(sheet);
    set(next);
  };
  return {
    now: () => sheet,
    put: (/** @type {Sheet} */ next) => {
      past.push(sheet);
      future = [];
      set(next);
    },
    undo: () => step(past, future),
    redo: () => step(future, past),
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
  };
};
