// @ts-check
/* The visitor's symbols, each with its drawings, and their text in a file. A list of symbols is never changed in
   place. Text from a file is checked completely; train/own_classes/drawings.py reads the same files. */
import { isPackedImage } from "../../web/arrays.js";
import { areStrokes, contentOf, exported, hashOf, isDot, placesOnly, refuse, sameDrawing } from "../../web/drawings.js";
import { grouped, plural, t } from "../../web/language.js";

const FORMAT = "inkling-symbols",
  VERSION = 1,
  UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u,
  JOINER = "\u200d", // joins the parts of some emoji
  NEAR = 2.5; // units of the sheet; a point that is nearer to the one before says nothing new

/**
 * @typedef {import("../../web/drawings.js").Drawing} Drawing
 * @typedef {{ name: string, drawings: Drawing[] }} OwnSymbol
 * @typedef {{ leastSymbols: number, mostSymbols: number, leastDrawings: number, mostDrawings: number,
 * mostLetters: number, mostPoints: number, mostBytes: number, mostSent: number }} Limits
 */

/**
 * A stroke with fewer points, as the pen reports many in one place.
 * @param {number[][]} stroke
 */
const thinned = (stroke) => {
  const [first, ...rest] = stroke,
    last = rest.pop(),
    kept = [first];
  for (const point of rest) {
    const [x, y] = kept[kept.length - 1];
    if (Math.hypot(point[0] - x, point[1] - y) >= NEAR) kept.push(point);
  }
  return last ? [...kept, last] : kept;
};

/**
 * What is learned of a sheet; null where there is nothing that the visitor has drawn.
 * @param {{ strokes: number[][][], sample: unknown, example?: boolean, picture?: any } | null} sheet
 * @returns {Drawing | null}
 */
export const drawingOn = (sheet) => {
  if (!sheet || sheet.sample || sheet.example) return null;
  if (sheet.picture) return { picture: sheet.picture.image };
  return sheet.strokes.length ? { strokes: placesOnly(sheet.strokes).map(thinned) } : null;
};

/**
 * Whether there is nothing on a sheet.
 * @param {{ strokes: number[][][], sample: unknown, picture?: unknown } | null} sheet
 */
export const isBlank = (sheet) => !sheet || !(sheet.strokes.length || sheet.sample || sheet.picture);

/**
 * A drawing as it is put on the sheet, where the next stroke replaces it.
 * @param {Drawing} drawing
 */
export const onSheet = ({ strokes = [], picture }) =>
  picture ? { picture: { image: picture } } : { strokes, example: true };

/**
 * A name for a new symbol; an error says what is wrong with it.
 * @param {unknown} name
 * @param {OwnSymbol[]} symbols
 * @param {Limits} limits
 */
export const checkedName = (name, symbols, limits) => {
  const text = typeof name === "string" ? name.trim() : "",
    most = limits.mostLetters;
  if (!text || [...text].length > most || UNPRINTABLE.test(text.replaceAll(JOINER, "")))
    refuse(t("A symbol needs a name of 1 to {most} characters.", { most }));
  if (symbols.some((symbol) => symbol.name === text)) refuse(t("There is a symbol “{name}” already.", { name: text }));
  if (symbols.length >= limits.mostSymbols)
    refuse(t("{most} symbols are the most that can be learned together.", { most: limits.mostSymbols }));
  return text;
};

/**
 * A drawing as it is stored; an error says what is wrong with it.
 * @param {any} drawing
 * @param {Limits} limits
 * @returns {Drawing}
 */
export const checkedDrawing = (drawing, limits) => {
  const { strokes, picture } = drawing ?? {};
  if (picture !== undefined) {
    if (!isPackedImage(picture)) refuse(t("it is no image of 28 by 28 pixels."));
    const { shape, type, data } = picture;
    return { picture: { shape, type, data } };
  }
  if (!areStrokes(strokes)) refuse(t("its strokes must be lists of points [x, y]."));
  const points = strokes.flat().length;
  if (points > limits.mostPoints)
    refuse(
      t("it has {points} points, and at most {most} can be read.", {
        points: grouped(points),
        most: grouped(limits.mostPoints),
      }),
    );
  if (isDot(strokes)) refuse(t("it is only a dot."));
  return { strokes: placesOnly(strokes) };
};

/**
 * The symbols with more drawings of one of them. What is there already is not added again: a drawing that is left out
 * must not be among those that are learned.
 * @param {OwnSymbol[]} symbols
 * @param {string} name
 * @param {Drawing[]} added
 * @param {Limits} limits
 */
export const withDrawings = (symbols, name, added, limits) => {
  const all = symbols.flatMap(({ drawings }) => drawings),
    fresh = added.filter(
      (one, at) =>
        !all.some((old) => sameDrawing(old, one)) && !added.slice(0, at).some((old) => sameDrawing(old, one)),
    );
  const put = (/** @type {OwnSymbol} */ symbol) => {
    const drawings = [...symbol.drawings, ...fresh];
    if (drawings.length > limits.mostDrawings)
      refuse(t("{most} drawings of a symbol are the most that can be learned.", { most: limits.mostDrawings }));
    return { ...symbol, drawings };
  };
  return symbols.map((symbol) => (symbol.name === name ? put(symbol) : symbol));
};

/**
 * The symbols and others; drawings of the same name come together.
 * @param {OwnSymbol[]} symbols
 * @param {OwnSymbol[]} others
 * @param {Limits} limits
 */
export const merged = (symbols, others, limits) => {
  let all = symbols;
  for (const { name, drawings } of others) {
    if (!all.some((symbol) => symbol.name === name))
      all = [...all, { name: checkedName(name, all, limits), drawings: [] }];
    all = withDrawings(all, name, drawings, limits);
  }
  return all;
};

/**
 * What is missing before the symbols can be learned, in one sentence; "" if nothing is.
 * @param {OwnSymbol[]} symbols
 * @param {Limits} limits
 */
export const missingText = (symbols, limits) => {
  const { leastSymbols: symbolsWanted, leastDrawings: wanted } = limits;
  if (symbols.length < symbolsWanted)
    return plural(
      symbolsWanted - symbols.length,
      "Before you can press Learn, name {n} more symbol.",
      "Before you can press Learn, name {n} symbols.",
    );
  const few = symbols.find(({ drawings }) => drawings.length < wanted);
  if (few)
    return plural(
      wanted - few.drawings.length,
      "Before you can press Learn, “{name}” needs {n} more drawing.",
      "Before you can press Learn, “{name}” needs {n} more drawings.",
      { name: few.name },
    );
  if (JSON.stringify(symbols).length > limits.mostSent)
    return t("These drawings are too large to be sent. Remove some of them.");
  return "";
};

/**
 * A short name for a drawing of a symbol.
 * @param {string} name
 * @param {Drawing} drawing
 */
export const keyOf = (name, drawing) => `${hashOf(name)}-${hashOf(contentOf(drawing))}`;

/** @param {OwnSymbol[]} symbols */
export const keysOf = (symbols) => symbols.flatMap(({ name, drawings }) => drawings.map((each) => keyOf(name, each)));

/** @param {OwnSymbol[]} symbols */
export const asText = (symbols) => JSON.stringify({ format: FORMAT, version: VERSION, symbols });

/**
 * @param {any} symbol
 * @param {OwnSymbol[]} before
 * @param {Limits} limits
 * @returns {OwnSymbol}
 */
const checkedSymbol = (symbol, before, limits) => {
  const name = checkedName(symbol?.name, before, limits);
  if (!Array.isArray(symbol.drawings)) refuse(t("“{name}” has no list of drawings.", { name }));
  const drawings = symbol.drawings.map((/** @type {unknown} */ drawing, /** @type {number} */ at) => {
    try {
      return checkedDrawing(drawing, limits);
    } catch (error) {
      const reason = /** @type {Error} */ (error).message;
      return refuse(t("Drawing {number} of “{name}” cannot be used: {reason}", { number: at + 1, name, reason }));
    }
  });
  return withDrawings([{ name, drawings: [] }], name, drawings, limits)[0];
};

/**
 * Parse symbols; an error says in one sentence why the text has none.
 * @param {string} text
 * @param {Limits} limits
 * @returns {OwnSymbol[]}
 */
export const parsed = (text, limits) => {
  const foreign = t("it holds no symbols that were exported here."),
    file = exported(text, { format: FORMAT, version: VERSION, foreign });
  if (!Array.isArray(file.symbols)) refuse(t("it has no list of symbols."));
  /** @type {OwnSymbol[]} */
  const symbols = [];
  for (const symbol of file.symbols) symbols.push(checkedSymbol(symbol, symbols, limits));
  return symbols;
};
