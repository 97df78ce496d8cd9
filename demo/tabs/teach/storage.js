// @ts-check
/* Corrections and lessons in this browser's storage. */
import { readStored } from "../../web/storage.js";
import { asText, parsed } from "./corrections.js";

const CORRECTIONS = "inkling-corrections",
  LESSONS = "inkling-lessons",
  MOST_LESSONS = 20;

/**
 * A model that was taught: `model`, `start` (the model before all corrections) and `before` (the model that read until
 * then) are tokens; `read` has, by a correction's key, what it was read as before and after.
 * @typedef {{ model: string, start: string, before: string, read: Record<string, number[]> }} Lesson
 * @typedef {import("./corrections.js").Correction} Correction
 */

/**
 * Store both; returns whether this browser stores anything.
 * @param {Correction[]} corrections
 * @param {Lesson[]} lessons
 */
export const store = (corrections, lessons) => {
  try {
    localStorage.setItem(CORRECTIONS, asText(corrections));
    localStorage.setItem(LESSONS, JSON.stringify(lessons.slice(-MOST_LESSONS)));
    return true;
  } catch {
    return false;
  }
};

/** @param {unknown} value */
const isToken = (value) => typeof value === "string" && value.length < 80;

/** @param {Lesson} lesson */
const isLesson = ({ model, start, before, read }) =>
  [model, start, before].every(isToken) && Boolean(read) && typeof read === "object";

/**
 * @param {import("./corrections.js").Limits} limits
 * @returns {Correction[]}
 */
const storedCorrections = (limits) => {
  try {
    return parsed(localStorage.getItem(CORRECTIONS) ?? "", limits);
  } catch {
    return []; // refused, or nothing valid
  }
};

/**
 * Load what was stored; empty lists where there is nothing, or nothing valid.
 * @param {import("./corrections.js").Limits} limits
 * @returns {{ corrections: Correction[], lessons: Lesson[] }}
 */
export const load = (limits) => ({
  corrections: storedCorrections(limits),
  lessons: readStored("localStorage", LESSONS, (lessons) => lessons.filter(isLesson)) ?? [],
});
