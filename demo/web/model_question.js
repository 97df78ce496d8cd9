/* A question about the model that reads: asked once for each model, while its view is in sight. */
import { on } from "./bus.js";
import { whenInSight } from "./in_sight.js";
import { modelKey } from "./model_key.js";
import { call, failureText, newest } from "./server.js";

const named = ({ model, source }) => `${source.model ?? ""} ${modelKey(model)}`;

/* Ask `question`, a server function, about the model of each whole reading. `take(answer, reading)` gets the answer,
   `forget` is called when another model reads, before anything is asked about it, and `say` gets what the visitor must
   know. */
export const askOfEachModel = (element, question, { take, forget, say }) => {
  const { next, cancel } = newest();
  let reading = null,
    asked = null;

  const answerTo = async (isNewest) => {
    const answer = await call(question, { model: reading.source.model ?? null });
    if (!isNewest()) return;
    say(answer.error ?? "");
    if (!answer.error) take(answer, reading);
  };

  const ask = () => {
    if (asked === named(reading)) return;
    asked = named(reading);
    const isNewest = next();
    answerTo(isNewest).catch((error) => {
      if (!isNewest()) return;
      asked = null;
      say(failureText(error));
    });
  };
  const sight = whenInSight(element, () => reading && ask());

  on("reading", (latest) => {
    if (!latest.whole) return;
    if (reading && named(reading) !== named(latest)) {
      cancel();
      asked = null;
      forget();
    }
    reading = latest;
    sight.ask();
  });
};
