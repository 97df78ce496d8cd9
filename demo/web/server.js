/* Questions to the server. */

export const NO_ANSWER = "The server does not answer. Try again in a moment.";

/* Ask one of a component's server functions. Gradio answers a failed request with nothing; here it is an error. */
export const call = async (ask, payload) => {
  const answer = await ask(payload);
  if (answer === undefined || answer === null) throw new Error("the server does not answer");
  return answer;
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
