/* The model that is chosen reads the sheet: in this browser, or on the server, and what becomes of the answers. */
import { offer } from "../../web/answers/here.js";
import { bytesOf, unpack } from "../../web/arrays.js";
import { newEngine } from "../../web/engine/engine.js";
import { t } from "../../web/language.js";
import { call, failureText } from "../../web/server.js";
import { newModelChoice } from "./model_choice.js";
import { newReadings } from "./readings.js";
import { newReport } from "./report.js";
import { isBlank, sourceOf } from "./sheet.js";
import { nameText } from "./words.js";

/* Where the weights of each shipped model are, and what a reading says of it. A page without a server has none for the
   pad: what stands for the server there reads all drawings. */
const shippedWeights = ({ models, weights }) =>
  Object.fromEntries(
    models
      .filter(({ token }) => weights[token])
      .map(({ token, summary }) => [
        token,
        { address: new URL(weights[token], document.baseURI).href, about: { name: token, summary } },
      ]),
  );

const PAUSE = 100; // milliseconds between two questions to the server while the pen moves; this browser needs none
const ASKED = 600_000; // milliseconds: the server deletes an own model for which nobody has asked for an hour

/* Where the weights of the visitor's own model come from, and what a reading says of it. */
const ownWeights = (server, model, summary) => ({
  fetch: async () => {
    const { weights } = await server.own_weights({ model });
    if (!weights) throw new Error("The server keeps this model.");
    return { file: bytesOf(weights).buffer, about: { name: null, summary } };
  },
});

/* `sheet()` is the sheet as it looks now; `isDown()`: whether the hand is down; `say(text, wrong)` shows a message. */
export const newReader = ({ element, props, server, trigger, sheet, isDown, say }) => {
  const report = newReport();
  let notice = ""; // what must be said with the next readings, until the sheet changes

  const accept = (answer, source, asked) => {
    say(notice || nameText(asked));
    models.describe(answer.model.summary);
    report.reading({ ...answer, source, label: asked.sample?.label ?? null, image: unpack(answer.image) });
  };
  const refuse = (reason) => {
    say(reason, true);
    report.nothing(reason);
  };
  const forgetOwn = (reason) => {
    notice = reason;
    models.forgetOwn();
    readings.renew();
  };

  /* A model whose weights are here reads in the browser. The server reads meanwhile, and all else. */
  const sources = shippedWeights(props),
    engine = newEngine(sources),
    ships = (model) => props.models.some(({ token }) => token === model);
  const heard = new Map(); // own models, and when the server last read with each

  const prepare = async (model, { summary }, whole) => {
    if (!ships(model) && whole) return; // the weights of an own model come once something is drawn with it
    const own = ships(model) ? undefined : ownWeights(server, model, summary);
    if (!(await engine.prepare(model, own))) return;
    element.dataset.engine = engine.models().join(" ");
    if (ships(model)) offer(model, { ...sources[model], time: engine.time(model) }); // views' questions too
  };
  const isStored = (model) => ships(model) || performance.now() - heard.get(model) < ASKED;
  const hasServer = Object.keys(props.weights).length > 0; // what stands for one is in this browser
  const readAnywhere = async (payload, image) => {
    const reading = isStored(payload.model) ? await engine.read({ ...payload, image }) : null;
    if (!reading && !ships(payload.model)) heard.set(payload.model, performance.now());
    const answer = await call((asked) => reading ?? server.read(asked), payload);
    return { answer, pause: reading || !hasServer ? 0 : PAUSE };
  };

  /* Ask for a reading, and return what to do with the answer. */
  const read = async () => {
    const asked = sheet(),
      whole = !isDown(),
      source = { ...sourceOf(asked), model: models.token() };
    const { answer, pause } = await readAnywhere({ ...source, whole }, asked.sample?.image);
    if (answer.model) prepare(source.model, answer.model, whole); // now that the page has its first reading
    const take = () => {
      if (answer.expired) forgetOwn(answer.error);
      else if (!answer.error) accept(answer, source, asked);
      else if (whole) refuse(answer.error); // while the pen is down, a first dot is no mistake
    };
    return { accept: take, pause };
  };

  const shown = {
    busy: (now) => element.setAttribute("aria-busy", now),
    blank: () => {
      say("");
      report.cleared();
    },
    unanswered: (error) =>
      say(failureText(error, t("The server does not answer. Your drawing is safe; trying again.")), true),
  };
  const readings = newReadings({ blank: () => isBlank(sheet()), isDown, read, shown });
  const models = newModelChoice(element, props.models, { changed: readings.renew, trigger });

  const renew = (message) => {
    notice = message;
    readings.renew();
  };
  return { renew, hurry: readings.hurry, obey: models.obey, choose: models.choose };
};
