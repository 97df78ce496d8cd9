/* What the page shows and what the visitor does, gathered from the bus for the conditions and the facts of tours. */
import { on } from "../web/bus.js";

const TOPICS = ["reading", "sheet", "chosen", "opened", "training"];

/* The answer of Why about the digit that was predicted, as conditions and facts use it. */
const explanation = ({ answer, attention, alone, model }) => ({
  values: answer.map,
  all: answer.all,
  alone,
  attention,
  patches: answer.maskable,
  exact: answer.exact,
  rank: answer.scores.attention.rank,
  grid_size: model.grid_size,
});

/* What facts are about: the predicted digit, and a missing patch is one without ink. */
const isMain = ({ target, predicted, mask_mode: maskMode }) => target === predicted && maskMode === "erased";

/* `changed()` is called after each message. Returns `page()` and `begin()`, which forgets what was done. */
export const watchPage = (changed) => {
  const page = { dids: [], explained: null, guess: null };
  const forget = () => Object.assign(page, { explained: null, guess: null });

  for (const topic of TOPICS)
    on(topic, (message) => {
      if (topic === "reading" && message.whole && message.source !== page.reading?.source) forget();
      page[topic] = message;
      changed();
    });
  on("nothing", () => {
    page.reading = undefined;
    forget();
    changed();
  });
  on("did", (done) => {
    if (done.what !== "explained") page.dids = [...page.dids, done];
    else if (isMain(done.answer)) page.explained = explanation(done);
    changed();
  });

  return {
    page: () => page,
    /* The patch that is chosen now is the visitor's guess. */
    takeGuess: () => {
      page.guess = page.chosen?.token ? page.chosen.token - 1 : null;
    },
    /* The page as it is now, from which a step counts. */
    begin: () => {
      page.dids = [];
      return { ...page };
    },
  };
};
