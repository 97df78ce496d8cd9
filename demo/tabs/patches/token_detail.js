/* How one token of tab "Patches" is built: its pixels, its vectors, and the positions that are similar to its own. */

import { diverging } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { place } from "../../web/grid.js";
import { decimal, t } from "../../web/language.js";
import { pixelsOf, positionSimilarities, rangeText, vectorsOf } from "./vectors.js";

const NUMBERS_UP_TO = 7; // pixels a side; in a larger patch numbers do not fit into the cells
const BRIGHT = 0.46; // ink above which a number is black

const patchText = ({ patch_size: size, embed_dim: width, positions }) =>
  positions === "none"
    ? t(
        "Its {pixels} pixels, 0 to 255, become {width} numbers through one linear projection; in this model, no " +
          "position " +
          "is added.",
        { pixels: size * size, width },
      )
    : t(
        "Its {pixels} pixels, 0 to 255, become {width} numbers through one linear projection; then its position " +
          "is added.",
        { pixels: size * size, width },
      );

const clsText = ({ pool }) =>
  pool === "mean"
    ? t(
        "It holds no pixels. It starts as the same learned numbers for every image; in this model nobody reads " +
          "it, for " +
          "the answer comes from the mean of the patches.",
      )
    : t(
        "It holds no pixels. It starts as the same learned numbers for every image, collects what it needs from the " +
          "patches, and alone is read at the end.",
      );

const showPixels = (holder, pixels, size) => {
  holder.style.gridTemplateColumns = `repeat(${size}, 1fr)`;
  const inked = pixels.filter((ink) => ink > 0).length;
  holder.setAttribute("aria-label", t("{count} pixels, {inked} with ink", { count: pixels.length, inked }));
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
      {
        class: "cells",
        role: "img",
        "aria-label": t("{vector}: {count} numbers", { vector: label, count: values.length }),
      },
      ...values.map((value, index) => colouredCell(value / scale, { title: `${index}: ${decimal(value, 3)}` })),
    ),
  );

const showSimilarities = (map, posEmbed, side, token) => {
  map.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
  map.setAttribute(
    "aria-label",
    t("Similarity of position {token} to the {count} positions of the grid", { token, count: side * side }),
  );
  map.replaceChildren(
    ...positionSimilarities(posEmbed, token).map((cosine, index) =>
      colouredCell(cosine, {
        title: t("patch {n}: {value}", { n: index + 1, value: decimal(cosine, 2) }),
        class: index + 1 === token ? "self" : "",
      }),
    ),
  );
};

/* Returns `show(reading, token)`. */
export const tokenDetail = (find) => {
  const map = find(".like .map"),
    heading = find(".like").previousElementSibling,
    text = map.nextElementSibling,
    learnedText = text.textContent; // about position embeddings, which some models do not have

  return ({ model, image, patchEmbed, posEmbed }, token) => {
    const { grid_size: side, patch_size: size } = model,
      { vectors, scale } = vectorsOf(patchEmbed, posEmbed, token),
      unordered = model.positions === "none";
    find(".title").textContent = token
      ? t("Token {token}: {place}", { token, place: place(token, side) })
      : t("Token 0: cls");
    find(".what").textContent = token ? patchText(model) : clsText(model);
    showPixels(find(".pixels"), pixelsOf(image, model, token), size);
    find(".strips").replaceChildren(...vectors.map((vector) => vectorRow(vector, scale)));
    heading.hidden = map.hidden = unordered;
    text.textContent = unordered
      ? t("This model has no position embeddings: to it, the patches have no order.")
      : learnedText;
    showSimilarities(map, posEmbed, side, token);
  };
};
