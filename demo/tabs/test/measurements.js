/* Measurements of models by the server, which take seconds: asked for until they are there, and stored by the model. */
import { grouped, t } from "../../web/language.js";
import { call } from "../../web/server.js";

const POLL = 400; // milliseconds between two questions about a measurement that runs

const isDone = (answer) => Boolean(answer.curves || answer.confusion);

/* Returns `ask(question, model, stored, words, current)`: the finished answer, or null when the question is no longer
   `current()`, the view is out of sight, the digits are missing, or there was an error. `shown` is what the view does:
   `answer` with each answer and its question, `progress` with words and a share, `error` with a sentence, and `left`
   when out of sight. */
export const measurements = (inSight, shown) => {
  const progress = (words, { done, of }) =>
    shown.progress(
      of
        ? t("{task}: {done} of {all}", { task: words, done: grouped(done), all: grouped(of) })
        : t("{task}, waiting its turn", { task: words }),
      of ? done / of : null,
    );

  /* One question: the answer, or null if there is no reason to ask again. */
  const once = async (question, model, current) => {
    const answer = await call(question, { model });
    if (!current()) return null;
    if (!inSight()) shown.left();
    else if (answer.error) shown.error(answer.error);
    else {
      shown.answer(answer, question);
      return answer.missing && answer.fetched === undefined ? null : answer;
    }
    return null;
  };

  return async (question, model, stored, words, current) => {
    while (!stored.has(model)) {
      const answer = await once(question, model, current);
      if (!answer) return null;
      if (isDone(answer)) stored.set(model, answer);
      else {
        if (!answer.missing) progress(words, answer);
        await new Promise((resolve) => setTimeout(resolve, POLL));
        if (!current()) return null;
      }
    }
    return stored.get(model);
  };
};
