/* Answers that take seconds: asked for until they are there. */
import { call } from "./server.js";

const POLL = 300; // milliseconds between two questions about work that runs in the background

/* Ask for an answer until it is there; null when the question is no longer `current()`, or out of sight. The server
   drops work that nobody asks about. */
export const finished = async (ask, payload, { current, inSight, progress }) => {
  for (;;) {
    const answer = await call(ask, payload);
    if (!current()) return null;
    if (answer.done === undefined) return answer;
    progress(answer);
    await new Promise((resolve) => setTimeout(resolve, POLL));
    if (!current() || !inSight()) return null;
  }
};
