/* Questions to the server. */
import { t } from "./language.js";
import { sentence } from "./sentences.js";

const NO_ANSWER = t("The server does not answer. Try again in a moment.");

/* The server refuses those who ask too often, and says so in one sentence: demo/safety/rate_limit.py. */
class RefusedError extends Error {}
const TOO_MANY = 429;

/* What to say where `call` throws. */
export const failureText = (error, otherwise = NO_ANSWER) =>
  error instanceof RefusedError ? sentence(error.message) : otherwise;

/* Gradio's client drops what a failed request says; so it is read here, as it passes by. */
let refusal = "";
const detailOf = (answer) =>
  answer.json().then(
    ({ detail }) => (typeof detail === "string" ? detail : ""),
    () => "", // no answer of ours: a proxy's page
  );
const plainFetch = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const answer = await plainFetch(...request);
  if (answer.status === TOO_MANY) refusal = await detailOf(answer.clone());
  return answer;
};

/* Throw unless a request was answered. */
export const checkAnswered = (answered) => {
  if (answered) return;
  const said = refusal;
  refusal = "";
  throw said ? new RefusedError(said) : new Error("the server does not answer");
};

/* Ask one of a component's server functions. Gradio answers a failed request with nothing; here it is an error. The
   `error` of an answer, one sentence for the visitor, is in the page's language. */
export const call = async (ask, payload) => {
  refusal = ""; // of a request that was not asked for here
  const answer = await ask(payload);
  checkAnswered(answer !== undefined && answer !== null);
  return answer.error ? { ...answer, error: sentence(answer.error) } : answer;
};

/* The newest of several questions: `next()` begins one and returns a function that tells if it still is the newest;
   `cancel()` ends it. */
export const newest = () => {
  let version = 0;
  const next = () => {
    const mine = ++version;
    return () => mine === version;
  };
  return { next, cancel: next };
};
