/* The visitor's training: its state has one topic on the page's bus, and this is the only way to it. A state is what
   demo/training/state.py packs. */
import { emit, on } from "../../web/bus.js";
import { call, failureText } from "../../web/server.js";

const ENDED = ["done", "stopped", "failed"];

let latest = null;

export const hasEnded = ({ state }) => ENDED.includes(state);

/* Call `listener` with the state of the training, now and whenever it changes. */
export const onTraining = (listener) => on("training", listener);

/* Publish a state, unless a later state of the same training is known. */
export const publish = (training) => {
  if (latest?.id === training.id && training.number < latest.number) return;
  latest = training;
  emit("training", training);
};

/* Ask the server and return its answer, or null after an error, which `say` shows. A state in the answer is published
   if it is of the training that the page follows. */
export const ask = async (question, payload, say) => {
  try {
    const answer = await call(question, payload);
    say(answer.error ?? "");
    if (latest && answer.training?.id === latest.id) publish(answer.training);
    return answer.error ? null : answer;
  } catch (error) {
    say(failureText(error));
    return null;
  }
};

/* Show a view, or take it out of the page with the box that Gradio puts around it. */
export const reveal = (element, visible) => {
  (element.closest(".block") ?? element).hidden = !visible;
};

/* Write a status line only if it changes, because a screen reader reads it aloud whenever it is written. */
export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
