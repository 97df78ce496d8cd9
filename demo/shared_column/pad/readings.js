/* Readings: one request at a time, always of the latest sheet. */

const RETRY = 1500; // milliseconds before an unanswered reading is asked for again

/* `blank()`: whether there is nothing to read. `isDown()`: whether the pointer is down. `read()` asks for a reading and
   returns what to do with the answer, `accept()`, and the milliseconds from this question to the next while the pen
   moves, `pause`; it throws where no answer came. `shown`: `busy(now)`, `blank()` and
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

  /* Return the pause, null without an answer; an answer to a sheet that has been cleared since is dropped. */
  const request = async (asked) => {
    let answer;
    try {
      answer = await read();
    } catch (error) {
      shown.unanswered(error);
      return null;
    }
    if (asked > blankedAt) answer.accept();
    return answer.pause;
  };

  const ask = async () => {
    if (asking) return;
    asking = true;
    shown.busy(true);
    while (answered !== version) {
      const asked = version,
        started = performance.now();
      let pause = 0;
      if (blank()) shown.blank();
      else pause = await request(asked);
      if (pause === null) {
        await wait(RETRY);
        continue;
      }
      answered = asked;
      if (pause && isDown()) await wait(pause - (performance.now() - started));
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
