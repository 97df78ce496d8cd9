// @ts-check
/* Models read in the browser: this asks the worker that does it. Whatever goes wrong here, the answer is null, and the
   caller asks the server. */

/** @typedef {import("./worker.js").Source} Source */
/** @typedef {{ fetch: () => Promise<Source> }} Own a model whose weights only its visitor gets */
/** @typedef {{ resolve: (answer: any) => void, reject: (reason: Error) => void }} Waiting */
/** @typedef {Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">} Thread */

const SLOWEST = 100; // milliseconds: a model whose readings take longer here is left to the server

/* A visitor who saves data downloads no weights. */
const isWanted = () => "Worker" in globalThis && !(/** @type {any} */ (globalThis.navigator)?.connection?.saveData);

const startWorker = () => (isWanted() ? new Worker(new URL("./worker.js", import.meta.url), { type: "module" }) : null);

/**
 * Questions to a worker, each of which gets the reply with its number. When the worker breaks, all that wait are
 * refused, and all that come later.
 * @param {Thread} worker
 */
export const newQuestions = (worker) => {
  /** @type {Map<number, Waiting>} */
  const waiting = new Map();
  let count = 0,
    broken = false;
  worker.onmessage = ({ data: { id, answer, failed } }) => {
    const { resolve, reject } = /** @type {Waiting} */ (waiting.get(id));
    waiting.delete(id);
    failed ? reject(new Error(failed)) : resolve(answer);
  };
  worker.onerror = (event) => {
    event.preventDefault?.(); // it is no error of the page: the server answers instead
    broken = true;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(new Error("The worker is broken."));
  };
  return (/** @type {any} */ message) =>
    new Promise((resolve, reject) => {
      if (broken) return reject(new Error("The worker is broken."));
      waiting.set(count, { resolve, reject });
      worker.postMessage({ id: count++, ...message });
    });
};

/**
 * The engine. `prepare(model)` loads a model, and says whether it is ready now; each is loaded once. `own` is where the
 * weights of a model come from that is not among the `sources`. `read(asked)`
 * resolves to the reading, see `answer` in reading.js, or to null. `models()`: those that are ready. `time(model)`: the
 * milliseconds of a reading by one of them.
 * @param {Record<string, Source>} sources where the weights of each model are
 * @param {() => Thread | null} start starts the worker, unless there can be none
 */
export const newEngine = (sources, start = startWorker) => {
  /** @type {Map<string, "loading" | "ready" | "failed">} */
  const states = new Map();
  /** @type {Map<string, number>} */
  const times = new Map();
  /** @type {((message: any) => Promise<any>) | null | undefined} */
  let ask;

  const begin = () => {
    try {
      const worker = start();
      return worker && newQuestions(worker);
    } catch {
      return null; // a browser without workers of modules, or a page that may have none
    }
  };

  const prepare = async (/** @type {string} */ model, /** @type {Own | undefined} */ own) => {
    if (states.has(model) || !(sources[model] || own)) return false;
    if (ask === undefined) ask = begin();
    if (!ask) return false;
    states.set(model, "loading");
    try {
      const source = sources[model] ?? (await own?.fetch());
      times.set(model, await ask({ model, load: { ...source, slowest: SLOWEST } }));
      states.set(model, "ready");
    } catch {
      states.set(model, "failed");
    }
    return states.get(model) === "ready";
  };

  const read = async (/** @type {{ model: string }} */ asked) => {
    if (!ask || states.get(asked.model) !== "ready") return null;
    return ask({ asked }).catch(() => null);
  };

  const models = () => [...states.keys()].filter((model) => states.get(model) === "ready");
  const time = (/** @type {string} */ model) => times.get(model);
  return { prepare, read, models, time };
};
