// @ts-check
/* Symbols and what was learned of them in this browser's storage. */
import { readStored } from "../../web/storage.js";
import { asText, parsed } from "./symbols.js";

const SYMBOLS = "inkling-symbols",
  LESSONS = "inkling-symbol-lessons",
  MOST_LESSONS = 8;

/**
 * A model that has learned symbols: `model` and `start`, the model that it comes from, are tokens; `names` are those of
 * the symbols; `read` has, by a drawing's key, the number of its symbol and of the one that it was read as when it was
 * left out; `interval` is that of the share of right ones; `folds` is the number of parts.
 * @typedef {{ model: string, start: string, names: string[], read: Record<string, number[]>, interval: number[],
 * folds: number }} Lesson
 * @typedef {import("./symbols.js").OwnSymbol} OwnSymbol
 */

/**
 * Store both; returns whether this browser stores anything.
 * @param {OwnSymbol[]} symbols
 * @param {Lesson[]} lessons
 */
export const store = (symbols, lessons) => {
  try {
    localStorage.setItem(SYMBOLS, asText(symbols));
    localStorage.setItem(LESSONS, JSON.stringify(lessons.slice(-MOST_LESSONS)));
    return true;
  } catch {
    return false;
  }
};

/** @param {unknown} value */
const isToken = (value) => typeof value === "string" && value.length < 80;

/** @param {any} lesson */
const isLesson = ({ model, start, names, read, interval, folds }) => {
  if (![model, start].every(isToken) || !Array.isArray(names) || !names.every((name) => typeof name === "string"))
    return false;
  const rows = Object.values(read ?? {});
  const isClass = (/** @type {number} */ at) => typeof names[at] === "string";
  return (
    rows.length > 0 &&
    rows.every((row) => Array.isArray(row) && row.length === 2 && row.every(isClass)) &&
    Array.isArray(interval) &&
    interval.length === 2 &&
    interval.every(Number.isFinite) &&
    Number.isInteger(folds)
  );
};

/**
 * @param {import("./symbols.js").Limits} limits
 * @returns {OwnSymbol[]}
 */
const storedSymbols = (limits) => {
  try {
    return parsed(localStorage.getItem(SYMBOLS) ?? "", limits);
  } catch {
    return []; // refused, or nothing valid
  }
};

/**
 * Load what was stored; empty lists where there is nothing, or nothing valid.
 * @param {import("./symbols.js").Limits} limits
 * @returns {{ symbols: OwnSymbol[], lessons: Lesson[] }}
 */
export const load = (limits) => ({
  symbols: storedSymbols(limits),
  lessons: readStored("localStorage", LESSONS, (lessons) => lessons.filter(isLesson)) ?? [],
});
