/* The drawing as a grid of patches, one colour each. */

import { lastLayerWeights } from "./attention_weights.js";
import { paint, svg } from "./dom.js";
import { gridOf } from "./grid.js";

/* A digit with a grid of cells over it, each with its patch's number, drawn into `holder` as one <svg> that needs
   nothing from the page's style, so that it can be saved as it is. */
export const buildMap = (holder, { grid_size: side, patch_size: size, image_size: pixels }, image, attributes = {}) => {
  const canvas = document.createElement("canvas");
  paint(canvas, image.data, pixels);
  const picture = svg("image", {
    href: canvas.toDataURL(),
    width: pixels,
    height: pixels,
    style: "image-rendering: pixelated",
  });
  const cells = Array.from({ length: side * side }, (_, patch) =>
    svg("rect", {
      x: (patch % side) * size,
      y: Math.floor(patch / side) * size,
      width: size,
      height: size,
      fill: "none",
      stroke: "#ffffff40",
      "stroke-width": 0.08,
      "data-patch": patch,
    }),
  );
  holder.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${pixels} ${pixels}`, xmlns: "http://www.w3.org/2000/svg", ...attributes },
      picture,
      ...cells,
    ),
  );
  return cells;
};

/* Colour cells by their values: orange for, blue against; colour-blind people can tell them apart too. */
export const colourCells = (cells, values) => {
  const scale = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  for (const [patch, cell] of cells.entries()) {
    cell.setAttribute("fill", values[patch] < 0 ? "#4aa3ff" : "#ff8c1a");
    cell.setAttribute("fill-opacity", (0.85 * Math.abs(values[patch])) / scale);
  }
};

export const colourMap = (holder, model, image, values) =>
  colourCells(buildMap(holder, model, image, { "aria-hidden": "true" }), values);

export const colourAttention = (holder, image, looks) => {
  const weights = lastLayerWeights(looks);
  colourMap(holder, gridOf(weights.length), image, weights);
};
