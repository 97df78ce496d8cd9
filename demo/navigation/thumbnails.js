/* The small pictures of the steps: the visitor's own drawing on its way, live. */
import { unpack } from "../web/arrays.js";
import { lastLayerWeights } from "../web/attention_weights.js";
import { on } from "../web/bus.js";
import { paint } from "../web/dom.js";

const ORANGE = "#ff8c1a";

const eachPatch = ({ grid_size: side, patch_size: size }, draw) => {
  for (let patch = 0; patch < side * side; patch++)
    draw(patch, (patch % side) * size, Math.floor(patch / side) * size, size);
};

const cut = (canvas, { image, model }) => {
  paint(canvas, image.data, model.image_size);
  const context = canvas.getContext("2d");
  context.fillStyle = "#4aa3ff";
  eachPatch(model, (_, x, y) => {
    if (x) context.fillRect(x, 0, 1, model.image_size);
    if (y) context.fillRect(0, y, model.image_size, 1);
  });
};

/* Where cls looks in the last layer, mean of its heads. */
const look = (canvas, { image, model, cls }) => {
  paint(canvas, image.data, model.image_size);
  const shares = lastLayerWeights(unpack(cls)),
    most = Math.max(...shares) || 1,
    context = canvas.getContext("2d");
  context.fillStyle = ORANGE;
  eachPatch(model, (patch, x, y, size) => {
    context.globalAlpha = (0.85 * shares[patch]) / most;
    context.fillRect(x, y, size, size);
  });
};

const bars = (canvas, { probs }) => {
  canvas.width = canvas.height = 28;
  const context = canvas.getContext("2d"),
    step = 28 / probs.length;
  context.fillStyle = "#000";
  context.fillRect(0, 0, 28, 28);
  context.fillStyle = ORANGE;
  probs.forEach((share, at) => {
    context.fillRect(at * step + 0.5, 26 - 24 * share, step - 1, 24 * share + 1);
  });
};

const PICTURES = {
  overview: (canvas, { image, model }) => paint(canvas, image.data, model.image_size),
  cut,
  look,
  decide: bars,
};

/* Signs for the steps that have no picture of their own. */
const SIGNS = { question: "?", make: "✎" };

const drawSign = (canvas, sign) => {
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, 28, 28);
  context.fillStyle = ORANGE;
  context.font = "bold 20px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText(sign, 14, 21);
};

/* Draw the small pictures below `element`, and draw them again with each reading. */
export const thumbnails = (element) => {
  const canvas = (step) => element.querySelector(`[data-step="${step}"] canvas`);
  for (const [step, sign] of Object.entries(SIGNS)) drawSign(canvas(step), sign);
  on("reading", (reading) => {
    for (const [step, draw] of Object.entries(PICTURES)) if (canvas(step)) draw(canvas(step), reading);
  });
};
