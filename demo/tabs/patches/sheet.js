/* The download of tab "Patches": all patches, and how the token that is shown is built. */
import { svg } from "../../web/dom.js";
import { paper, write } from "../../web/save.js";
import { pixelsOf, positionSimilarities, vectorsOf } from "./vectors.js";

const LARGE = { "font-size": 14 };
const RIGHT = 380; // where the second column begins

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
    write(RIGHT, 266 + 44 * index, label),
    ...values.map((value, at) =>
      svg("rect", {
        x: RIGHT + (320 * at) / values.length,
        y: 272 + 44 * index,
        width: 320 / values.length,
        height: 18,
        ...signedColour(value / scale),
      }),
    ),
  ]);

/* A reading and its `token`, whose `title` is above it, as an <svg>; `buttons` are those of the grid. */
export const sheet = ({ model, image, patchEmbed, posEmbed }, token, title, buttons) => {
  const { grid_size: side, patch_size: size } = model,
    frame = { x: RIGHT, y: 40, width: 200, height: 200, fill: "none", stroke: "#94a3b8" };
  return paper(
    720,
    400,
    12,
    write(20, 26, `${model.num_patches} patches, and cls before them`, LARGE),
    ...patchPictures(buttons, side, { left: 20, top: 40, width: 340 }),
    write(RIGHT, 26, title, LARGE),
    ...square(pixelsOf(image, model, token), size, { left: RIGHT, top: 40, width: 200 }, grey),
    token ? svg("rect", frame) : write(RIGHT, 60, "no pixels: the same learned numbers for every image"),
    ...vectorRows(vectorsOf(patchEmbed, posEmbed, token)),
    write(600, 46, "positions alike"),
    ...square(positionSimilarities(posEmbed, token), side, { left: 600, top: 54, width: 100 }, signedColour),
  );
};
