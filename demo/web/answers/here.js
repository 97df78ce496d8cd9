/* Questions of views that this browser answers itself: about a shipped model whose weights it has, and where it takes
   no longer than a person notices. Whatever goes wrong here, the server is asked. */
import { newQuestions } from "../engine/engine.js";
import { fetched } from "../fetched.js";
import { startWorker } from "./thread.js";

const COSTS = { numbers: 1, lens: 1, differences: 30, parts: 47, changed: 85 }; // an answer's cost in readings
const LONGEST = 250; // milliseconds that an answer may take here

const models = new Map(); // token -> the weights' address, what readings say of the model, and the time of a reading
const given = new Map(); // token -> a promise: the worker has the model
let send = null;

/* Let the browser answer questions about a model with which it can read. */
export const offer = (token, source) => models.set(token, source);

/* Give the worker a model, and what views ask about it, which lies beside its weights. */
const give = async (token) => {
  const { address, about } = models.get(token);
  const [weights, recorded] = await Promise.all([
    fetched(address).then((answer) => answer.arrayBuffer()),
    fetched(address.replace(/\.safetensors$/, ".json")).then((answer) => answer.json()),
  ]);
  await send({ given: { model: token, weights, recorded, about } });
};

const isQuick = (name, model) => COSTS[name] * models.get(model)?.time <= LONGEST;

/* The worker does not know MNIST's test digits. */
const isKnown = ({ sample, kept }) => sample === undefined && kept?.sample === undefined;

const answered = async (view, name, payload) => {
  if (!isQuick(name, payload.model) || !isKnown(payload)) return null;
  send ??= newQuestions(startWorker());
  if (!given.has(payload.model)) given.set(payload.model, give(payload.model));
  await given.get(payload.model);
  return send({ view, name, payload });
};

/* A server function of a view, answered by this browser where it can. `ask` asks the server. */
export const here = (view, name, ask) => {
  let last = 0;
  return async (payload) => {
    const mine = ++last;
    const answer = await answered(view, name, payload).catch(() => null);
    if (answer) return answer;
    if (mine !== last) throw new Error("A newer question came."); // the worker has dropped this one
    return ask(payload);
  };
};
