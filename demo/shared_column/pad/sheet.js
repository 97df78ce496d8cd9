// @ts-check
/* What lies on the sheet, and the sheets before and after it. A sheet is never changed in place. */

import { isPackedImage } from "../../web/arrays.js";

/** @typedef {import("./strokes.js").Stroke} Stroke */
/** @typedef {{ index: number, label: number, image: any }} Sample an MNIST test digit, as the server sends it */
/**
 * 28 x 28 packed bytes; left, top, width and height as shares of the sheet.
 * @typedef {{ image: any, box: number[] }} Digit
 */
/**
 * 28 x 28 packed bytes, and the picture with its ink marked. Of several digits in it, `at` is the one that is read, and
 * `says` how many there are.
 * @typedef {{ image: any, preview?: string, digits?: Digit[], says?: string, at?: number }} Picture
 */
/**
 * `example`: the strokes are an example's as it came, which the first stroke replaces.
 * @typedef {{ strokes: Stroke[], sample: Sample | null, example?: boolean, picture?: Picture }} Sheet
 */

/** @type {Sheet} */
export const BLANK = { strokes: [], sample: null };

/** @param {Sheet} sheet */
export const isBlank = ({ strokes, sample, picture }) => !sample && !picture && strokes.length === 0;

/**
 * Whether there is something on the sheet that no pen has drawn: a digit of MNIST or a picture.
 * @param {Sheet} sheet
 */
export const hasNoStrokes = ({ sample, picture }) => Boolean(sample || picture);

/**
 * What the server is asked to read.
 * @param {Sheet} sheet
 */
export const sourceOf = ({ strokes, sample, picture }) => {
  if (sample) return { sample: sample.index };
  return picture ? { picture: picture.image } : { strokes };
};

const PREVIEW = "data:image/jpeg;base64,"; // no other address: it may come with a link

/** @param {any} value */
const isShare = (value) => Number.isFinite(value) && value >= 0 && value <= 1;

/**
 * The digits of a picture with several, as the sheet shows them; null if one cannot be shown.
 * @param {any} picture
 * @returns {Pick<Picture, "digits" | "says" | "at"> | null}
 */
const checkedDigits = ({ digits, says, at = 0 }) => {
  const valid = (/** @type {any} */ each) =>
    each && isPackedImage(each.image) && Array.isArray(each.box) && each.box.length === 4 && each.box.every(isShare);
  if (!Array.isArray(digits) || digits.length < 2 || typeof says !== "string" || !digits[at]) return null;
  return digits.every(valid) ? { digits: digits.map(({ image, box }) => ({ image, box })), says, at } : null;
};

/**
 * The picture, if it is one that can be shown and read.
 * @param {any} picture
 * @returns {Picture | null}
 */
const checkedPicture = (picture) => {
  if (!isPackedImage(picture.image)) return null;
  const { image, preview } = picture,
    { shape, type, data } = image;
  const shown = typeof preview === "string" && preview.startsWith(PREVIEW);
  return { image: { shape, type, data }, ...(shown && { preview, ...checkedDigits(picture) }) };
};

/**
 * @param {Picture} picture
 * @returns {Sheet}
 */
export const ofPicture = (picture) => ({ strokes: [], sample: null, picture });

/**
 * The sheet with another digit of its picture.
 * @param {Sheet} sheet
 * @param {number} at
 * @returns {Sheet}
 */
export const withDigit = ({ picture }, at) => ofPicture({ ...picture, image: picture?.digits?.[at].image, at });

/**
 * An example as it came.
 * @param {{ strokes: Stroke[] }} example
 * @returns {Sheet}
 */
export const ofExample = ({ strokes }) => ({ strokes, sample: null, example: true });

/**
 * A sheet that another part of the page made, of which some parts may be missing.
 * @param {Partial<Sheet>} wanted
 * @returns {Sheet}
 */
export const sheetOf = ({ strokes = [], sample = null, example, picture }) => {
  const valid = picture && checkedPicture(picture);
  return valid ? ofPicture(valid) : { strokes, sample, ...(example && { example }) };
};

/**
 * A sheet as the browser stored it; null for a blank one, because the page never opens with an empty sheet.
 * @param {Sheet} stored
 * @returns {Sheet | null}
 */
export const storedSheet = (stored) => (isBlank(stored) ? null : sheetOf(stored));

/**
 * The sheet on which a stroke begins: a picture or an untouched example gives way to it.
 * @param {Sheet} sheet
 */
export const underStroke = (sheet) => (hasNoStrokes(sheet) || sheet.example ? BLANK : sheet);

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
