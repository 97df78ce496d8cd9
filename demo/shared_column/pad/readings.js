/* Readings: one request at a time, always of the latest sheet, about ten a second while the pen moves. */

const PAUSE = 100; // milliseconds between two readings while the pen moves
const RETRY = 1500; // milliseconds before an unanswered reading is asked for again

/* `blank()`: whether there is nothing to read. `isDown()`: whether the pointer is down. `read()` asks the server and
   returns what to do with its answer; it throws where none came. `shown`: `busy(now)`, `blank()` and
   `unanswered(error)`. */
export const newReadings = ({ blank, isDown, read, shown }) => {
  let version = 0,
    answered = -1,
    blankedAt = -1,
    asking = false,
    hurry = () => {};

  /* Wait, or go on at once when `hurry` is called. */
  const wait = (milliseconds) =>
    new Promise((resolve) => {
      hurry = resolve;
      setTimeout(resolve, milliseconds);
    });

  /* Return whether the server answered; an answer to a sheet that has been cleared since is dropped. */
  const request = async (asked) => {
    let accept;
    try {
      accept = await read();
    } catch (error) {
      shown.unanswered(error);
      return false;
    }
    if (asked > blankedAt) accept();
    return true;
  };

  const ask = async () => {
    if (asking) return;
    asking = true;
    shown.busy(true);
    while (answered !== version) {
      const asked = version,
        started = performance.now();
      if (blank()) shown.blank();
      else if (!(await request(asked))) {
        await wait(RETRY);
        continue;
      }
      answered = asked;
      if (isDown()) await wait(PAUSE - (performance.now() - started));
    }
    asking = false;
    shown.busy(false);
  };

  return {
    renew: () => {
      version++;
      if (blank()) blankedAt = version;
      ask();
    },
    hurry: () => hurry(),
  };
};
