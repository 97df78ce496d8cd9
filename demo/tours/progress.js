// @ts-check
/* How far the visitor is in each tour. A reload goes on with the tour that runs; later visits offer to resume. */
import { readStored, writeStored } from "../web/storage.js";

const RUNNING = "inkling-tour", // the tour that runs in this browser tab
  REACHED = "inkling-tours"; // { reached: { tour: step }, done: [tours], invited: whether the invitation was answered }

/** @typedef {{ reached: Record<string, number>, done: string[], invited: boolean }} Progress */

/**
 * What was stored, without what cannot be used.
 * @param {any} stored
 * @returns {Progress}
 */
const checked = (stored) => ({
  reached: Object.fromEntries(
    Object.entries(stored?.reached ?? {}).filter(([, step]) => Number.isInteger(step) && step >= 0),
  ),
  done: Array.isArray(stored?.done) ? stored.done.filter((/** @type {any} */ id) => typeof id === "string") : [],
  invited: stored?.invited === true,
});

export const newProgress = () => {
  const progress = checked(readStored("localStorage", REACHED));
  const store = () => writeStored("localStorage", REACHED, progress);
  return {
    /** The step that was reached in a tour, 0 at first and after its end. */
    reached: (/** @type {string} */ id) => progress.reached[id] ?? 0,
    isDone: (/** @type {string} */ id) => progress.done.includes(id),
    /** The id of the tour that ran here before a reload, or null. */
    running: () => readStored("sessionStorage", RUNNING),
    reach: (/** @type {string} */ id, /** @type {number} */ step) => {
      progress.reached[id] = step;
      store();
      writeStored("sessionStorage", RUNNING, id);
    },
    finish: (/** @type {string} */ id) => {
      delete progress.reached[id];
      if (!progress.done.includes(id)) progress.done.push(id);
      store();
      writeStored("sessionStorage", RUNNING, null);
    },
    leave: () => writeStored("sessionStorage", RUNNING, null),
    isInvited: () => progress.invited,
    invited: () => {
      progress.invited = true;
      store();
    },
  };
};
