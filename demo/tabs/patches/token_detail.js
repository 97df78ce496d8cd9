/* How one token of tab "Patches" is built: its pixels, its vectors, and the positions that are similar to its own. */
import { diverging } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { place } from "../../web/grid.js";
import { pixelsOf, positionSimilarities, rangeText, vectorsOf } from "./vectors.js";

const NUMBERS_UP_TO = 7; // pixels a side; in a larger patch numbers do not fit into the cells
const BRIGHT = 0.46; // ink above which a number is black

const patchText = ({ patch_size: size, embed_dim: width, positions }) =>
  `Its ${size * size} pixels, 0 to 255, become ${width} numbers through one linear projection; ` +
  `${positions === "none" ? "in this model, no position is added" : "then its position is added"}.`;

const clsText = ({ pool }) =>
  "It holds no pixels. It starts as the same learned numbers for every image" +
  (pool === "mean"
    ? "; in this model nobody reads it, for the answer comes from the mean of the patches."
    : ", collects what it needs from the patches, and alone is read at the end.");

const showPixels = (holder, pixels, size) => {
  holder.style.gridTemplateColumns = `repeat(${size}, 1fr)`;
  holder.setAttribute("aria-label", `${pixels.length} pixels, ${pixels.filter((ink) => ink > 0).length} with ink`);
  holder.replaceChildren(
    ...pixels.map((ink) => {
      const cell = make("span", {}, size > NUMBERS_UP_TO ? "" : String(Math.round(ink * 255)));
      cell.style.background = `rgb(${ink * 255} ${ink * 255} ${ink * 255})`;
      cell.style.color = ink > BRIGHT ? "#000" : "#fff";
      return cell;
    }),
  );
};

const colouredCell = (value, attributes) => {
  const cell = make("span", attributes);
  cell.style.background = diverging(value);
  return cell;
};

/* A vector as one row of colours, with its name and its range. */
const vectorRow = ({ label, values }, scale) =>
  make(
    "div",
    { class: "strip" },
    make("div", { class: "label" }, make("b", {}, label), make("span", {}, rangeText(values))),
    make(
      "div",
      { class: "cells", role: "img", "aria-label": `${label}: ${values.length} numbers` },
      ...values.map((value, index) => colouredCell(value / scale, { title: `${index}: ${value.toFixed(3)}` })),
    ),
  );

const showSimilarities = (map, posEmbed, side, token) => {
  map.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
  map.setAttribute("aria-label", `Similarity of position ${token} to the ${side * side} positions of the grid`);
  map.replaceChildren(
    ...positionSimilarities(posEmbed, token).map((cosine, index) =>
      colouredCell(cosine, {
        title: `patch ${index + 1}: ${cosine.toFixed(2)}`,
        class: index + 1 === token ? "self" : "",
      }),
    ),
  );
};

/* Returns `show(reading, token)`. */
export const tokenDetail = (find) => {
  const map = find(".map"),
    heading = find(".like").previousElementSibling,
    text = map.nextElementSibling,
    learnedText = text.textContent; // about position embeddings, which some models do not have

  return ({ model, image, patchEmbed, posEmbed }, token) => {
    const { grid_size: side, patch_size: size } = model,
      { vectors, scale } = vectorsOf(patchEmbed, posEmbed, token),
      unordered = model.positions === "none";
    find(".title").textContent = token ? `Token ${token}: ${place(token, side)}` : "Token 0: cls";
    find(".what").textContent = token ? patchText(model) : clsText(model);
    showPixels(find(".pixels"), pixelsOf(image, model, token), size);
    find(".strips").replaceChildren(...vectors.map((vector) => vectorRow(vector, scale)));
    heading.hidden = map.hidden = unordered;
    text.textContent = unordered
      ? "This model has no position embeddings: to it, the patches have no order."
      : learnedText;
    showSimilarities(map, posEmbed, side, token);
  };
};
