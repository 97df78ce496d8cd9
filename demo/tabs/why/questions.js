/* The questions of tab "Why" to the server: the quick maps first, then the values of all patches. */
import { finished } from "../../web/polling.js";
import { call, failureText, newest } from "../../web/server.js";

/* Returns `ask(payload, maskMode)`; a newer question, or `cancel()`, drops the answer to an older one. `shown` is what
   the view does: `start`, `quick` and `values` with an answer, `progress`, `error` with a sentence, `end`. */
export const questions = (server, inSight, shown) => {
  const question = newest();

  const answer = async (payload, maskMode, current) => {
    const quick = await call(server.maps, payload);
    if (!current()) return;
    if (quick.error) return shown.error(quick.error);
    shown.quick(quick);
    const ask = { erased: server.erased, unseen: server.unseen }[maskMode],
      values = await finished(ask, payload, { current, inSight, progress: shown.progress });
    if (values?.error) shown.error(values.error);
    else if (values) shown.values(values);
    else if (current()) shown.left();
  };

  const ask = async (payload, maskMode) => {
    const current = question.next();
    shown.start(current);
    try {
      await answer(payload, maskMode, current);
    } catch (error) {
      if (current()) shown.error(failureText(error));
    }
    if (current()) shown.end();
  };
  return { ask, cancel: question.cancel };
};
