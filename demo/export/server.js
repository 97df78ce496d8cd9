/* What stands for the server in a page without one: the same functions, answered in this browser. */

import { newAnswering } from "../web/answers/answering.js";
import { startWorker } from "../web/answers/thread.js";
import { newQuestions } from "../web/engine/engine.js";
import { fileOf } from "../web/files.js";
import { t } from "../web/language.js";

export const NO_SERVER = t(
  "This page has no server, so it cannot do this. On your own computer it can: see Train in Make.",
);
const EXPIRED = "Your trained model is no longer stored; a shipped one reads now.";
const RECORDED = "recorded"; // what the worker calls the recorded training
const NO_SAMPLE = "This test digit does not ship with the page.";

const jsonOf = async (path) => (await fileOf(path)).json();

/* The page itself answers where a browser lets it start no worker. */
const inPage = () => {
  const thread = { onmessage: null, terminate: () => {} };
  const handle = newAnswering((data) => thread.onmessage({ data }));
  thread.postMessage = (data) => handle({ data });
  return thread;
};

/* A worker, once it has answered; else the page itself. */
const startedThread = async () => {
  try {
    const worker = startWorker();
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.postMessage({ id: -1 });
    });
    return worker;
  } catch {
    return inPage();
  }
};

/* The digits of MNIST's test set that come with the page. */
const newSamples = () => {
  let digits = null;
  const all = () => {
    digits ??= jsonOf("recorded/samples.json");
    return digits;
  };
  const byIndex = async (index) => (await all()).find((each) => each.index === index);
  const random = async () => (await all())[Math.floor(Math.random() * (await all()).length)];
  return { byIndex, random };
};

/* `models` are the shipped ones as the pad gets them. Returns `functions(view, names)`, the server object of a view. */
export const newServer = (models) => {
  const samples = newSamples(),
    prepared = new Map();
  let thread = null;
  const send = async (message) => {
    thread ??= startedThread().then(newQuestions);
    return (await thread)(message);
  };

  const load = async ({ token, summary }) => {
    const [weights, recorded] = await Promise.all([
      fileOf(`weights/${token}.safetensors`).then((answer) => answer.arrayBuffer()),
      jsonOf(`recorded/${token}.json`),
    ]);
    await send({ given: { model: token, weights, recorded, about: { name: token, summary } } });
  };
  const prepare = (model) => {
    if (!prepared.has(model.token)) {
      const loading = load(model);
      prepared.set(model.token, loading);
      loading.catch(() => prepared.delete(model.token)); // the next question tries again
    }
    return prepared.get(model.token);
  };

  /* The recorded training: what belongs to it, and once its weights are needed, those too. */
  let about = null,
    weighed = null;
  const training = () => {
    about ??= jsonOf("recorded/training.json");
    return about;
  };
  const sendTraining = async () => {
    const weights = await (await fileOf("recorded/training.safetensors")).arrayBuffer();
    await send({ given: { model: RECORDED, training: weights, recorded: await training() } });
  };
  const askTraining = (name) => async (payload) => {
    weighed ??= sendTraining();
    await weighed;
    const drawing = { ...(await withImage(payload)), model: RECORDED };
    return send({ view: "tabs/train/live_view", name, payload: drawing });
  };

  /* A drawing with the image of the test digit that it names. */
  const withImage = async (drawing) => {
    if (drawing?.sample === undefined) return drawing;
    return { ...drawing, image: (await samples.byIndex(drawing.sample))?.image };
  };

  const own = {
    "shared_column/pad": { sample: samples.random },
    "tabs/layers": { pictures: () => jsonOf("recorded/sheet.json") },
    "export/training": { training },
    "tabs/train/live_view": {
      now: askTraining("now"),
      snapshots: askTraining("snapshots"),
      test_digits: async () => (await training()).test_digits,
    },
    links: { sample: async ({ index }) => (await samples.byIndex(index)) ?? { error: NO_SAMPLE } },
  };

  const ask = async (view, name, payload) => {
    if (own[view]?.[name]) return own[view][name](payload);
    const model = models.find(({ token }) => token === (payload.model ?? models[0].token));
    if (!model) return { error: EXPIRED, expired: true };
    await prepare(model);
    const drawing = { ...(await withImage(payload)), kept: await withImage(payload.kept), model: model.token };
    return (await send({ view, name, payload: drawing })) ?? { error: NO_SERVER };
  };

  const functions = (view, names) =>
    Object.fromEntries(names.map((name) => [name, (payload) => ask(view, name, payload)]));
  return { functions };
};
