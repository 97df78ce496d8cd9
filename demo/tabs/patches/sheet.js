/* The download of tab "Patches": all patches, and how the token that is shown is built. */

import { svg } from "../../web/dom.js";
import { FULL, figure } from "../../web/figure/figure.js";
import { around, ON_PAPER, ramp } from "../../web/figure/keys.js";
import { write } from "../../web/figure/parts.js";
import { fixed } from "../../web/format.js";
import { t } from "../../web/language.js";
import { pixelsOf, positionSimilarities, vectorsOf } from "./vectors.js";

const LARGE = { "font-size": 12, "font-weight": 600 },
  SMALL = { "font-size": 9.5 };
const RIGHT = 360; // where the second column begins

const signedColour = (value) => ({
  fill: value < 0 ? "#2f7de1" : "#ef7d1a",
  "fill-opacity": Math.min(Math.abs(value), 1).toFixed(3),
});

const grey = (ink) => ({ fill: `rgb(${[ink, ink, ink].map((value) => Math.round(255 * value)).join(", ")})` });

/* Square cells in `side` columns, `width` across, each with the attributes that `look` gives for its value. */
const square = (values, side, { left, top, width }, look) =>
  values.map((value, index) =>
    svg("rect", {
      x: left + ((index % side) * width) / side,
      y: top + (Math.floor(index / side) * width) / side,
      width: width / side,
      height: width / side,
      ...look(value),
    }),
  );

/* One patch, copied from its button, in a square of `step`. */
const patchPicture = (button, x, y, step, numbered) => {
  const chosen = button.getAttribute("aria-pressed") === "true",
    { token } = button.dataset,
    box = { x, y, width: step * 0.86, height: step * 0.86 },
    small = { "text-anchor": "middle", "font-size": step * 0.11 };
  return [
    svg("image", {
      href: button.firstChild.toDataURL(),
      ...box,
      preserveAspectRatio: "none",
      style: "image-rendering: pixelated",
      "data-token": token,
    }),
    svg("rect", {
      ...box,
      fill: "none",
      stroke: chosen ? "#ef7d1a" : "#94a3b8",
      "stroke-width": chosen ? 3 : 0.5,
    }),
    ...(numbered ? [write(x + box.width / 2, y + box.height + step * 0.11, token, small)] : []),
  ];
};

const patchPictures = (buttons, side, { left, top, width }) => {
  const step = width / side;
  return [...buttons].flatMap((button, index) => {
    const [x, y] = [left + (index % side) * step, top + Math.floor(index / side) * step];
    return patchPicture(button, x, y, step, side <= 7);
  });
};

const vectorRows = ({ vectors, scale }) =>
  vectors.flatMap(({ label, values }, index) => [
    write(RIGHT, 252 + 44 * index, label, SMALL),
    ...values.map((value, at) =>
      svg("rect", {
        x: RIGHT + (320 * at) / values.length,
        y: 258 + 44 * index,
        width: 320 / values.length,
        height: 18,
        ...signedColour(value / scale),
      }),
    ),
  ]);

/* A reading and its `token`, whose `title` is above it, as a figure; `buttons` are those of the grid. */
export const patchesFigure = ({ model, image, patchEmbed, posEmbed }, token, title, buttons) => {
  const { grid_size: side, patch_size: size } = model,
    { vectors, scale } = vectorsOf(patchEmbed, posEmbed, token),
    frame = { x: RIGHT, y: 26, width: 200, height: 200, fill: "none", stroke: "#94a3b8" };
  return figure({
    title: t("{count} patches, and cls before them", { count: model.num_patches }),
    height: 374,
    parts: [
      ...patchPictures(buttons, side, { left: 0, top: 26, width: 340 }),
      write(0, 12, t("The image as a sequence of tokens"), LARGE),
      write(RIGHT, 12, title, LARGE),
      ...square(pixelsOf(image, model, token), size, { left: RIGHT, top: 26, width: 200 }, grey),
      token ? svg("rect", frame) : write(RIGHT, 46, t("no pixels: learned numbers"), SMALL),
      ...vectorRows({ vectors, scale }),
      write(FULL - 100, 32, t("similar positions"), SMALL),
      ...square(positionSimilarities(posEmbed, token), side, { left: FULL - 100, top: 40, width: 100 }, signedColour),
    ],
    keys: [
      ramp({ label: t("Values of the vectors"), numbers: around(fixed(scale)), stops: ON_PAPER, ground: "#fff" }),
      ramp({ label: t("Cosine similarity of positions"), numbers: around(1), stops: ON_PAPER, ground: "#fff" }),
    ],
    model,
  });
};

/* The numbers of the token that is shown: its pixels, the vectors, and the similarity of its position to all others. */
export const patchesTable = ({ model, image, patchEmbed, posEmbed }, token) => {
  const [own, position, sum] = vectorsOf(patchEmbed, posEmbed, token).vectors,
    parts = {
      pixel: pixelsOf(image, model, token),
      [token ? "patch_embed" : "cls_token"]: own.values,
      pos_embed: position.values,
      sum: sum.values,
      position_similarity: positionSimilarities(posEmbed, token),
    };
  return {
    columns: ["token", "quantity", "index", "value"],
    rows: Object.entries(parts).flatMap(([quantity, values]) =>
      [...values].map((value, index) => [token, quantity, index + 1, value]),
    ),
  };
};
