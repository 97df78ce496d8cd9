// @ts-check
/* Repeat a question while something runs. */

const INTERVAL_MS = 220; // between two questions

/**
 * Return a function that asks once, and again every 220 milliseconds while it runs. There is one question at a time;
 * a call in the meantime leads to one more.
 * @param {{ ready: () => boolean, running: () => boolean, ask: () => Promise<void>, ended: () => void }} steps
 */
export const repeat = ({ ready, running, ask, ended }, interval = INTERVAL_MS) => {
  let asking = false,
    again = false;
  return async () => {
    again = true;
    if (asking) return;
    asking = true;
    try {
      while (again && ready()) {
        again = false;
        const started = performance.now();
        await ask();
        if (!running()) continue;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, interval - (performance.now() - started))));
        again = true;
      }
    } finally {
      asking = again = false;
    }
    ended();
  };
};
