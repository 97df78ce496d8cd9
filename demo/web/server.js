/* Questions to the server. */

/* Ask one of a component's server functions. Gradio answers a failed request with nothing; here it is an error. */
export const call = async (ask, payload) => {
  const answer = await ask(payload);
  if (answer === undefined || answer === null) throw new Error("the server does not answer");
  return answer;
};
