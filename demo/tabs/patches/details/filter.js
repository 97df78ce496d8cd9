/* One filter of the patch embedding in large: its parameters, its strength, and its response on the drawing. */

import { svg } from "../../../web/dom.js";
import { fixed } from "../../../web/format.js";
import { patch } from "../../../web/grid.js";
import { t } from "../../../web/language.js";
import { largest, sum } from "../../../web/numbers.js";
import { buildMap, colourCells } from "../../../web/patch_map.js";
import { colour } from "./heat_map.js";

const NUMBERS_UP_TO = 7; // pixels a side of a filter; in a larger one its numbers do not fit

const weightCell = (value, at, side, most) => {
  const [x, y] = [at % side, Math.floor(at / side)],
    cell = svg("rect", { x, y, width: 1, height: 1, fill: colour((0.8 * value) / most) });
  cell.append(svg("title", {}, fixed(value, 4)));
  if (side > NUMBERS_UP_TO) return [cell];
  const number = fixed(value, 1).replace(/\b0(?=[.,])/, "");
  return [cell, svg("text", { x: x + 0.5, y: y + 0.6, "pointer-events": "none" }, number)];
};

const weightsPicture = (row, side) => {
  const most = largest(row);
  return svg(
    "svg",
    {
      viewBox: `0 0 ${side} ${side}`,
      role: "img",
      "aria-label": t("{side} by {side} parameters", { side }),
      "font-size": 0.3,
      "text-anchor": "middle",
    },
    ...[...row].flatMap((value, at) => weightCell(value, at, side, most)),
  );
};

const strengthText = ({ kind, index, strengths, known }) => {
  const share = strengths[index] ** 2 / sum(strengths.map((strength) => strength ** 2));
  if (kind === "patterns")
    return t(
      "Singular value {strength}: {share} % of the projection's squared norm. Its negative is the same pattern.",
      { strength: fixed(strengths[index]), share: fixed(100 * share, 1) },
    );
  return t("Number {n} of the embedding. Length {strength}; the parameters are per standard deviation of a pixel.", {
    n: known.features[index] + 1,
    strength: fixed(strengths[index]),
  });
};

/* How much more the filter gives on each patch than on an empty one. */
const showResponse = (holder, { model, image }, row, std) => {
  if (!image) return holder.replaceChildren();
  const cells = buildMap(holder, model, image, { role: "img", "aria-label": t("Its response") });
  const values = cells.map((_, at) =>
    sum(patch(image.data, model.image_size, model.patch_size, at).map((ink, pixel) => (ink * row[pixel]) / std)),
  );
  colourCells(cells, values);
  for (const [at, cell] of cells.entries())
    cell.append(svg("title", {}, t("patch {n}: {value}", { n: at + 1, value: fixed(values[at]) })));
};

/* Show filter `index` of a `kind`, with what is `known` of the model and the `reading` of the drawing. */
export const showFilter = (find, shown) => {
  const { known, reading, kind, index, name } = shown,
    row = known[kind][index];
  find(".which").textContent = t("{filter}, rank {rank} of {count}", {
    filter: name,
    rank: index + 1,
    count: known[kind].length,
  });
  find(".weights").replaceChildren(weightsPicture(row, reading.model.patch_size));
  find(".strength").textContent = strengthText(shown);
  showResponse(find(".response"), reading, row, known.std);
};
