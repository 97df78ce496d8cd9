// @ts-check
/* Values in the browser's storage. A browser may refuse it, it may be full, and others may have written to it. */

import { isBeside } from "./beside.js";

/** @typedef {"localStorage" | "sessionStorage"} Name */

/**
 * What is stored under a key, as `check` returns it; null if there is nothing that can be used.
 * @template T
 * @param {Name} storage
 * @param {string} key
 * @param {(value: any) => T} [check]
 * @returns {T | null}
 */
export const readStored = (storage, key, check = (value) => value) => {
  if (isBeside) return null;
  try {
    return check(JSON.parse(globalThis[storage].getItem(key) ?? "null"));
  } catch {
    return null;
  }
};

/**
 * Store a value under a key, if the browser lets the page do so.
 * @param {Name} storage
 * @param {string} key
 * @param {any} value
 */
export const writeStored = (storage, key, value) => {
  if (isBeside) return;
  try {
    globalThis[storage].setItem(key, JSON.stringify(value));
  } catch {
    /* refused or full: the value lasts as long as the page */
  }
};
