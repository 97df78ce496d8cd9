/* Starts the worker of a page in one file: "module:" and a path stand for the address that the module has there. */
export const startWorker = () => new Worker("module:web/answers/worker.js", { type: "module" });
