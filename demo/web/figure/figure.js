/* Figures of one family: what a view shows, for a paper, a slide or a worksheet.

   figure({ title, lines, width, height, parts, keys, notes, model }) returns an <svg> with a white ground and real
   text:
     title    what it shows; a long one goes over several lines
     lines    sentences below the title
     parts    SVG nodes in a field of `width` x `height` units from (0, 0). A unit is 0.25 mm; text of 11 units has
              8 points. FULL is the width of a page's text, 180 mm with the margins. parts.js draws text, bars, copies.
     keys     colour scales and signs, of keys.js
     notes    scores and what else must be said, in small
     model    of a reading, `reading.model`; its name and the version stand at the bottom. { name } for another one.

   A view hands its figure to `saves` of ../save.js, which owns the row of buttons:
     saves(element, {
       ready: () => reading,                          // until then it says what comes first
       name: () => "attention-cls",                   // of the files, without an ending
       picture: () => figure({ ... }),                // PNG of 300 dpi, and SVG
       data: () => ({ columns: [...], rows: [[...]] }),  // Copy data: CSV with all digits of the numbers that are drawn
       more: [{ format: "gif", label: "GIF", save: async () => "sentence" }],  // further buttons
     })
   `element` has a `.saves` for the buttons and a `.message` with role="status". */
import { svg } from "../dom.js";
import { readingModel } from "../selection.js";
import { modelLine } from "./citation.js";
import { layout, MARGIN } from "./layout.js";
import { FONT, INK, measure, write } from "./parts.js";
import { DPI, withResolution } from "./png.js";
import { makePortable } from "./portable.js";

export const FULL = 720 - 2 * MARGIN;
const MM = 0.25; // of a unit

const shift = ({ x, y }, ...nodes) => svg("g", { transform: `translate(${x} ${y})` }, ...nodes);

export const figure = ({
  title,
  lines = [],
  width = FULL,
  height,
  parts,
  keys = [],
  notes = [],
  model = readingModel(),
}) => {
  const place = layout({ title, lines, width, height, keys, notes, model: modelLine(model) }, measure);
  const size = { width: place.width, height: place.height };
  return makePortable(
    svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        viewBox: `0 0 ${size.width} ${size.height}`,
        width: `${MM * size.width}mm`,
        height: `${MM * size.height}mm`,
        "font-family": FONT,
        "font-size": 11,
        fill: INK,
        color: INK,
      },
      svg("title", {}, title),
      svg("rect", { ...size, fill: "#fff", "data-part": "ground" }),
      ...place.texts.map(({ words, x, y, size, weight, fill, role }) =>
        write(x, y, words, { "font-size": size, "font-weight": weight, fill, "data-part": role }),
      ),
      shift(place.picture, ...parts),
      ...keys.map(({ node }, index) => shift(place.keys[index], node)),
    ),
  );
};

export const svgText = (drawn) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(drawn)}\n`;

/* Draw a figure as a PNG file, of as many pixels as its size in millimetres has at 300 dpi. */
export const pngOf = async (drawn) => {
  const { width, height } = drawn.viewBox.baseVal,
    pixels = (units) => Math.round((units * MM * DPI) / 25.4);
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(drawn))}`;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: pixels(width), height: pixels(height) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const file = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return withResolution(new Uint8Array(await file.arrayBuffer()), DPI);
};
