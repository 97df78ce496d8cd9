/* Questions about the next step: one request at a time, the newest next, and no answer is asked for twice. */
import { call, failureText } from "../../../web/server.js";

/* `look` is the server function. `answered` gets an answer, `failed` a sentence, `waiting` that a request goes out. */
export const questions = (look, { answered, failed, waiting }) => {
  const answers = new Map(); // for this drawing, by question: undo costs no request
  let source = null, // the drawing and the model, null for none
    wanted = "", // the newest question, "" for none about this drawing
    asking = false;

  const ask = async (question = JSON.parse(wanted)) => {
    wanted = JSON.stringify(question);
    if (!source) return;
    if (answers.has(wanted)) return answered(answers.get(wanted));
    waiting();
    if (asking) return;
    asking = true;
    const asked = { wanted, source };
    let error = "";
    try {
      const answer = await call(look, { ...source, ...question });
      error = answer.error ?? "";
      if (!error && source === asked.source) answers.set(asked.wanted, answer);
    } catch (failure) {
      error = failureText(failure);
    }
    asking = false;
    if (error && source === asked.source && wanted === asked.wanted) failed(error);
    else if (wanted) ask();
  };

  return {
    ask,
    start: (drawing) => {
      source = drawing;
      wanted = "";
      answers.clear();
    },
    /* Whether `answer` is that of the newest question. */
    isNewest: (answer) => answer !== null && answers.get(wanted) === answer,
  };
};
