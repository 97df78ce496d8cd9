/* The pad's buttons and keys: tools, actions, examples. */
import { make, svg } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { drawStrokes } from "./drawing.js";

const THUMB = 60; // pixels

/* The pen and the eraser; `tool()` is the one that is chosen. */
export const newTools = (element, canvas) => {
  const buttons = [...element.querySelectorAll("[data-tool]")];
  let tool = "pen";
  const choose = (name) => {
    tool = name;
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.tool === name);
    canvas.style.cursor = name === "eraser" ? "cell" : "crosshair";
  };
  for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.tool));
  return { tool: () => tool, choose };
};

/* The buttons of `actions` by name; `show` says which of them can be pressed. */
export const newActionButtons = (element, actions) => {
  const buttons = [...element.querySelectorAll("[data-do]")];
  for (const button of buttons) button.addEventListener("click", () => actions[button.dataset.do]());
  return (enabled) => {
    for (const button of buttons) button.disabled = !enabled[button.dataset.do];
  };
};

/* Undo and redo work anywhere in the pad; single keys on the sheet alone, so that they surprise nobody elsewhere. */
export const listenToKeys = (element, canvas, actions, choose) => {
  const single = { e: () => choose("eraser"), p: () => choose("pen"), delete: actions.clear, backspace: actions.clear };
  const withControl = (key, shift) => {
    if (key === "y" || (key === "z" && shift)) return actions.redo;
    return key === "z" ? actions.undo : null;
  };
  element.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    let act = null;
    if (event.ctrlKey || event.metaKey) act = withControl(key, event.shiftKey);
    else if (!event.altKey && event.target === canvas) act = single[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
};

const exampleButton = ({ label, strokes }) => {
  const thumb = make("canvas", { width: THUMB, height: THUMB, "aria-hidden": "true" });
  drawStrokes(thumb, strokes, THUMB);
  const name = t("Example: a {digit}", { digit: label });
  return make("button", { type: "button", "aria-label": name, title: t("A {digit}", { digit: label }) }, thumb);
};

const RANDOM = {
  type: "button",
  class: "random",
  "aria-label": t("Random MNIST digit"),
  title: t("A random digit of MNIST's test set"),
};

/* A die that shows a five. */
const die = () => {
  const pips = [8, 12, 16].flatMap((x) => [8, 12, 16].map((y) => [x, y])).filter(([x, y]) => (x + y) % 8 === 0);
  return svg(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("rect", { x: 3, y: 3, width: 18, height: 18, rx: 4 }),
    ...pips.map(([cx, cy]) => svg("circle", { cx, cy, r: 0.9 })),
  );
};

/* Fill the shelf with examples and a button for a random digit of MNIST. */
export const fillShelf = (shelf, examples, { example, random }) => {
  for (const each of examples) {
    const button = exampleButton(each);
    button.addEventListener("click", () => example(each));
    shelf.append(button);
  }
  const button = make("button", RANDOM, die());
  button.addEventListener("click", random);
  shelf.append(button);
};
