/* A lesson on the server: asked for, and followed until its end. */
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { call, failureText } from "../../web/server.js";
import { keyOf, refuse } from "./corrections.js";

const POLL = 300; // milliseconds between two questions about a lesson
const NO_ANSWER = t("The server does not answer. Your corrections are stored; try again in a moment.");

const ask = (question, payload) => call(question, payload).catch((error) => refuse(failureText(error, NO_ANSWER)));

/* Teach, call `progress` with each progress, and return the result; an error has one sentence. */
export const teachOn = async (server, payload, progress) => {
  let answer = await ask(server.begin, payload);
  const { task } = answer;
  for (;;) {
    if (answer.error) refuse(answer.error);
    if (answer.drawings) return answer;
    progress(answer);
    await new Promise((resolve) => setTimeout(resolve, POLL));
    answer = await ask(server.look, { task });
  }
};

/* The lesson to store (see storage.js), from its result. */
export const lessonOf = ({ model, start, drawings }, before, corrections) => {
  const pairs = corrections.map((correction, at) => [
    keyOf(correction),
    [argmax(drawings[at].before), argmax(drawings[at].after)],
  ]);
  return { model, start, before, read: Object.fromEntries(pairs) };
};
