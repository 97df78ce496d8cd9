// @ts-check
/* Which trainings are this visitor's: stored in the browser, newest first. What they are the server answers. */

import { t } from "../../../web/language.js";
import { writeStored } from "../../../web/storage.js";

/** @typedef {{ id: string, name: string, colour: string }} Run */

const KEY = "inkling-runs",
  MAX_RUNS = 32;
export const COLOURS = ["#2f7de1", "#ef7d1a", "#00a878", "#c0509f", "#8a6d00", "#5b5bd6", "#d1495b", "#4d7c8a"];

/**
 * Read stored runs; only valid ones are used, because any script of this browser's pages may have written them.
 * @param {string | null} text
 * @returns {Run[]}
 */
export const parseRuns = (text) => {
  try {
    return JSON.parse(text ?? "[]")
      .filter((/** @type {any} */ run) => typeof run?.id === "string" && typeof run.name === "string")
      .slice(0, MAX_RUNS)
      .map((/** @type {Run} */ { id, name, colour }) => ({
        id,
        name: name.slice(0, 60),
        colour: COLOURS.includes(colour) ? colour : COLOURS[0],
      }));
  } catch {
    return [];
  }
};

/**
 * Add a training in front, with the next free number and colour; one that is listed changes nothing.
 * @param {Run[]} runs
 * @param {string} id
 * @returns {Run[]}
 */
export const addRun = (runs, id) => {
  if (runs.some((run) => run.id === id)) return runs;
  const numbered = new RegExp(`^${t("Run {n}", { n: "(\\d+)" })}$`),
    numbers = runs.map(({ name }) => Number(numbered.exec(name)?.[1] ?? 0));
  const colour =
    COLOURS.find((colour) => !runs.some((run) => run.colour === colour)) ?? COLOURS[runs.length % COLOURS.length];
  return [{ id, name: t("Run {n}", { n: Math.max(0, ...numbers) + 1 }), colour }, ...runs].slice(0, MAX_RUNS);
};

export const loadRuns = () => {
  try {
    return parseRuns(localStorage.getItem(KEY));
  } catch {
    return []; // storage is blocked
  }
};

/** @param {Run[]} runs */
export const storeRuns = (runs) => writeStored("localStorage", KEY, runs);
