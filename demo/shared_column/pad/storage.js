/* What a reload of the browser tab finds again. */
import { readStored, writeStored } from "../../web/storage.js";

const KEYS = { sheet: "inkling-sheet", reader: "inkling-reader" };

export const store = (what, value) => writeStored("sessionStorage", KEYS[what], value);

/* What was stored, as `check` returns it; null if there is nothing that can be used. */
export const stored = (what, check) => readStored("sessionStorage", KEYS[what], check);
