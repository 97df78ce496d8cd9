/* The best results, in this browser. */
import { readStored, writeStored } from "../../web/storage.js";

const KEY = "inkling-challenges";

const isObject = (value) => value !== null && typeof value === "object";

export const load = () => {
  const stored = readStored("localStorage", KEY);
  return isObject(stored) ? stored : {};
};

/* Keep one challenge's best result beside those of the others. */
export const keep = (name, best) => writeStored("localStorage", KEY, { ...load(), [name]: best });
