// @ts-check
/* What a link holds, after the "#" of the page's address, as `key=value&key=value` in any order:

   view       the open view, by its name in demo/tabs/: attention
   sheet      what lies on the sheet: blank | example-7 (its label) | mnist-123 (its place in the test set) |
              ink1-TEXT (strokes, see ink.js)
   model      the shipped model that reads, by name: digits-7x7. Without it the first one reads. `own`, only in the
              address of a visitor's own page: whichever of their models they chose last
   compare    the second model, of "Compare with another model": digits-7x7
   layer      chosen layer, from 1
   head       chosen head, from 1, or mean
   patch      chosen patch, from 1, or cls
   digit      the digit that Why explains
   missing    what a missing patch is in Why: erased | unseen
   lang       language of the page: de
   training   id of a training on the server, which the page then lists and follows
   challenge  a result that somebody shares: NAME:RESULT, letters, digits and _ . - in both, 40 characters at most each
   lesson, views, controls, tour   see demo/web/lesson.js: title, view names with commas between, yes | no, a tour's id

   `encode` writes the keys of a state that are set, `decode` reads them. A key that is not listed here is skipped, so
   that old pages read new links; a value that cannot be is a `DamagedError`. To add a key, add a line to FIELDS. */
import { DamagedError } from "./bytes.js";
import { strokesIn, thinnedInk } from "./ink.js";

export { DamagedError };

/** @typedef {import("../shared_column/pad/strokes.js").Stroke} Stroke */
/**
 * `example` is an example's label, `sample` the place of a digit in MNIST's test set; `strokes: []` is a blank sheet.
 * @typedef {{ strokes?: Stroke[], example?: number, sample?: number }} LinkedSheet
 */
/** @typedef {{ title: string, views: string[], controls: boolean, tour: string | null }} Lesson */
/**
 * @typedef {{ view?: string, sheet?: LinkedSheet, model?: string, compare?: string, layer?: number, head?: number,
 *   token?: number, digit?: number, missing?: "erased" | "unseen", lang?: string, training?: string,
 *   challenge?: { name: string, result: string }, lesson?: Lesson }} LinkState
 */

export const OWN = "own"; // the model of a visitor who reads with one of their own
export const MOST = 2000; // characters of an address
export const LONGEST_TITLE = 60; // characters of a lesson's title
const MEAN = -1; // the mean of all heads, as in demo/web/selection.js

const NAME = /^[a-z][a-z0-9_-]{0,39}$/i;
const TOKEN = /^[\w.-]{1,40}$/;

/** @param {string} text @param {RegExp} pattern */
const matching = (text, pattern) => {
  if (!pattern.test(text)) throw new DamagedError(`${text} is not what stands there`);
  return text;
};

/** @param {string} text */
const number = (text) => Number(matching(text, /^(0|[1-9]\d{0,4})$/));

/** @param {string} text */
const fromOne = (text) => {
  const value = number(text);
  if (value === 0) throw new DamagedError("counted from 1");
  return value;
};

/** @param {string} text */
const sheetIn = (text) => {
  if (text === "blank") return { strokes: [] };
  const [, kind, rest] = /^(\w+)-(.*)$/.exec(text) ?? [];
  if (kind === "example") return { example: number(rest) };
  if (kind === "mnist") return { sample: number(rest) };
  if (kind === "ink1") return { strokes: strokesIn(rest) };
  throw new DamagedError(`${kind} is no kind of sheet`);
};

/** @param {LinkedSheet} sheet @param {number} most @returns {string | null} */
const sheetText = ({ strokes, example, sample }, most) => {
  if (example !== undefined) return `example-${example}`;
  if (sample !== undefined) return `mnist-${sample}`;
  if (!strokes?.length) return "blank";
  const text = thinnedInk(strokes, most - "ink1-".length);
  return text && `ink1-${text}`;
};

/** @param {string} text */
const challengeIn = (text) => {
  const [name, result, ...more] = text.split(":");
  if (more.length || result === undefined) throw new DamagedError("a challenge is NAME:RESULT");
  return { name: matching(name, TOKEN), result: matching(result, TOKEN) };
};

/** @param {string} text */
const titleIn = (text) => {
  if (text.length > LONGEST_TITLE) throw new DamagedError("the title is too long");
  return text;
};

/* Each key with the way there and back. `to` gets the value in the state, `from` the text. */
const same = (/** @type {RegExp} */ pattern) => ({
  to: String,
  from: (/** @type {string} */ text) => matching(text, pattern),
});
const oneOrWord = (/** @type {string} */ word, /** @type {number} */ special, /** @type {number} */ first) => ({
  to: (/** @type {number} */ value) => (value === special ? word : String(value + first)),
  from: (/** @type {string} */ text) => (text === word ? special : fromOne(text) - first),
});

/** @type {Record<string, { to: (value: any) => string, from: (text: string) => any }>} */
const FIELDS = {
  view: same(NAME),
  model: same(TOKEN),
  compare: same(TOKEN),
  layer: { to: (layer) => String(layer + 1), from: (text) => fromOne(text) - 1 },
  head: oneOrWord("mean", MEAN, 1),
  patch: oneOrWord("cls", 0, 0),
  digit: { to: String, from: number },
  missing: same(/^(erased|unseen)$/),
  lang: same(/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/),
  training: same(/^[0-9a-f]{32}$/),
  challenge: { to: ({ name, result }) => `${name}:${result}`, from: challengeIn },
  lesson: { to: String, from: titleIn },
  views: {
    to: (views) => views.join(","),
    from: (text) => text.split(",").map((name) => matching(name, NAME)),
  },
  controls: { to: (shown) => (shown ? "yes" : "no"), from: (text) => matching(text, /^(yes|no)$/) === "yes" },
  tour: same(TOKEN),
};

/* A state with its names in the page -> by key of the address, and back. */
const keyed = (/** @type {LinkState} */ { token, lesson, sheet: _, ...rest }) => ({
  ...rest,
  patch: token,
  ...(lesson && { lesson: lesson.title, views: lesson.views, controls: lesson.controls, tour: lesson.tour }),
});
const stateOf = (/** @type {Record<string, any>} */ { patch, lesson, views, controls, tour, ...rest }) => {
  const state = /** @type {LinkState} */ (rest);
  if (patch !== undefined) state.token = patch;
  if (lesson === undefined) return state;
  if (!views) throw new DamagedError("a lesson without views");
  return { ...state, lesson: { title: lesson, views, controls: controls ?? true, tour: tour ?? null } };
};

/** @param {string} value */
const escaped = (value) => encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":");

/**
 * What follows the "#" of a link. The drawing takes what `most` characters leave; one that does not fit is `left`
 * out.
 * @param {LinkState} state
 * @param {number} [most]
 * @returns {{ hash: string, left: boolean }}
 */
export const encode = (state, most = MOST) => {
  const values = /** @type {Record<string, any>} */ (keyed(state));
  const parts = Object.entries(FIELDS)
    .filter(([key]) => values[key] !== undefined && values[key] !== null)
    .map(([key, { to }]) => `${key}=${escaped(to(values[key]))}`);
  if (!state.sheet) return { hash: parts.join("&"), left: false };
  const rest = parts.join("&").length + "&sheet=".length,
    sheet = sheetText(state.sheet, most - rest);
  return { hash: (sheet ? [...parts, `sheet=${sheet}`] : parts).join("&"), left: !sheet };
};

/**
 * The state that a hash holds.
 * @param {string} hash with or without its "#"
 * @returns {LinkState}
 * @throws {DamagedError} it was cut off or changed
 */
export const decode = (hash) => {
  /** @type {Record<string, any>} */
  const values = {};
  for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const [key, ...value] = part.split("=");
    if (key === "sheet") values.sheet = sheetIn(value.join("="));
    else if (Object.hasOwn(FIELDS, key)) values[key] = FIELDS[key].from(unescaped(value.join("=")));
  }
  return stateOf(values);
};

/** @param {string} value */
const unescaped = (value) => {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new DamagedError(`${value} cannot be read`);
  }
};
