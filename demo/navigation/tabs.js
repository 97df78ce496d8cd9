/* Gradio's tabs, whose own row of buttons is hidden: the navigation opens them. */
import { readStored, writeStored } from "../web/storage.js";
import { stepOf } from "./way.js";

const KEY = "inkling-view";

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/* Select the tab with this id; return whether there is one. Gradio may still be building its tabs. */
export const select = async (id) => {
  for (let frame = 0; frame < 120; frame++) {
    const button = document.querySelector(`#tabs [role="tab"][data-tab-id="${id}"]`);
    button?.click();
    if (button) return true;
    await nextFrame();
  }
  return false;
};

/* Gradio reloads the page when a lost connection is back: the view that was open is opened again. */
export const remember = (name) => writeStored("sessionStorage", KEY, name);

/* The view that was open before a reload, null if there was none. */
export const remembered = (steps) => {
  const name = readStored("sessionStorage", KEY);
  return stepOf(steps, name) ? name : null;
};
