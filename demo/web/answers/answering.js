/* Answers the views' questions, in a worker or in the page itself. A message gives a model with its weights and what
   was recorded about it, or asks a server function of a view; the reply has its `id`, and an `answer` or why it
   `failed`. */
import { readCheckpoint } from "../engine/checkpoint.js";
import { RefusedError } from "./question.js";
import { ANSWERS } from "./table.js";
import { momentsOf } from "./training.js";

const TURN = 24; // milliseconds after which other messages get their turn

/* A newer question of the same name came: nobody waits for this answer. */
class StaleError extends Error {}

const othersTurn = () => new Promise((resolve) => setTimeout(resolve));

/* Returns what handles a message; `post` sends a reply. */
export const newAnswering = (post) => {
  const models = new Map(),
    newest = new Map(); // name of a function -> the id of its last question
  let turn = performance.now();

  const yielding = async () => {
    if (performance.now() - turn < TURN) return;
    await othersTurn();
    turn = performance.now();
  };

  const give = ({ model, weights, about, recorded, training }) => {
    const moments = training && momentsOf(training, recorded);
    models.set(model, moments ? { moments } : { loaded: readCheckpoint(weights, about), recorded });
    return true;
  };

  const answerTo = async (id, view, name, payload) => {
    const ask = ANSWERS[view]?.[name],
      question = `${view} ${name}`;
    if (!ask) return null;
    newest.set(question, id);
    const breathe = async () => {
      await yielding();
      if (newest.get(question) !== id) throw new StaleError();
    };
    turn = performance.now();
    return { ...(await ask(payload, { ...models.get(payload.model), breathe, yielding })) };
  };

  const reply = async ({ id, given, view, name, payload }) => (given ? give(given) : answerTo(id, view, name, payload));

  return async ({ data }) => {
    try {
      post({ id: data.id, answer: await reply(data) });
    } catch (error) {
      if (error instanceof RefusedError) post({ id: data.id, answer: { error: error.message } });
      else post({ id: data.id, failed: `${error.stack ?? error}` });
    }
  };
};
