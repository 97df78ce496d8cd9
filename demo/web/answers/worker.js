/* The answers in a thread of their own. */
import { newAnswering } from "./answering.js";

self.onmessage = newAnswering((message) => self.postMessage(message));
