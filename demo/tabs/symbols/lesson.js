/* Learning on the server: asked for, and followed until its end. */
import { refuse } from "../../web/drawings.js";
import { t } from "../../web/language.js";
import { call, failureText } from "../../web/server.js";
import { keysOf } from "./symbols.js";

const POLL = 300; // milliseconds between two questions
const NO_ANSWER = t("The server does not answer. Your symbols are stored; try again in a moment.");

const ask = (question, payload) => call(question, payload).catch((error) => refuse(failureText(error, NO_ANSWER)));

/* Begin a lesson. A model that the server has deleted cannot learn: then the shipped one begins. */
const begin = async (server, { start, before, symbols }, expired) => {
  const answer = await ask(server.begin, { start, before, symbols });
  if (!answer.expired) return answer;
  expired();
  return ask(server.begin, { start: null, before: null, symbols });
};

/* Learn the symbols, call `progress` with each progress, and return the lesson to store (see storage.js); an error has
   one sentence. `expired` is called if neither model that could begin is stored any more. */
export const learnOn = async (server, asked, { progress, expired }) => {
  const { symbols } = asked;
  let answer = await begin(server, asked, expired);
  const { task } = answer;
  while (!answer.error && !answer.model) {
    progress(answer);
    await new Promise((resolve) => setTimeout(resolve, POLL));
    answer = await ask(server.look, { task });
  }
  if (answer.error) refuse(answer.error);
  const { model, names, labels, read, interval, folds } = answer;
  const rows = keysOf(symbols).map((key, at) => [key, [labels[at], read[at]]]);
  return { model, start: answer.start, names, read: Object.fromEntries(rows), interval, folds };
};
