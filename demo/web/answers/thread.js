/* Starts the worker. A page in one file has another module in the place of this one. */
export const startWorker = () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
