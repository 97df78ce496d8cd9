/* Give the picture the values of a reading: attributes only, so that it moves with the pen. */

import { headWeights } from "../../web/attention_weights.js";
import { percent, roundPercent } from "../../web/format.js";
import { argmax } from "../../web/numbers.js";
import { curve, shortened, sideBySide } from "./layout.js";
import { drawingUrl, headsUrl, numbersUrl, patchesUrl } from "./maps.js";
import { ORANGE } from "./picture.js";
import { lensAt } from "./values.js";

const FLOW = 26; // pixels that all attention of a layer is thick
const LEAST = 0.3;

const set = (element, attributes) => {
  for (const name in attributes) element.setAttribute(name, attributes[name]);
};

const showPixels = ({ layout, parts }, { model, image, ink }) => {
  set(parts.image, { href: drawingUrl(image) });
  set(parts.fan, { href: patchesUrl(image, model, layout.wide) });
  for (const [patch, path] of parts.unrolled.entries())
    set(path, { "stroke-opacity": (0.2 + 0.8 * ink[patch]).toFixed(2) });
};

/* Row 0 of the numbers is the cls token; pooled by the mean, the line has no numbers of its own at its beginning. */
const showNumbers = ({ layout, parts }, { model, numbers }) => {
  for (const [index, rows] of numbers.entries()) {
    const hidden = rows ? "inline" : "none";
    set(parts.strips[index], { display: hidden });
    set(parts.clsStrips[index], { display: model.pool === "mean" ? "none" : hidden });
    if (!rows) continue;
    set(parts.strips[index], { href: numbersUrl(rows.slice(1), model.patch_size, 1, layout.wide) });
    set(parts.clsStrips[index], { href: numbersUrl(rows.slice(0, 1), 1, 0, layout.wide) });
  }
};

/* The flows of one layer into the line of cls, as thick as its attention to each patch in `head`, -1 for the mean. */
export const showFlows = ({ layout, parts }, { looks }, layer, head) => {
  const row = headWeights(looks, layer, head),
    thick = row.slice(1).map((weight) => FLOW * weight),
    ends = sideBySide(thick);
  const { u, join } = layout.blocks[layer];
  for (const [patch, path] of parts.flows[layer].entries())
    set(path, {
      d: curve(layout.point, [u + 3, layout.rows[patch].stream], [join, layout.clsV + ends[patch]]),
      "stroke-width": Math.max(LEAST, thick[patch]).toFixed(2),
      "data-share": row[patch + 1].toFixed(4),
    });
};

const showMaps = ({ layout, parts }, { model, image, looks }) => {
  for (let layer = 0; layer < model.depth; layer++) {
    const rows = Array.from({ length: model.num_heads }, (_, head) => headWeights(looks, layer, head));
    set(parts.maps[layer], { href: headsUrl(image, model, rows, layout.columns) });
  }
};

/* The line of cls, thicker the more of the answer is in it after each layer. */
const showWay = ({ layout, parts }, { model, lens, probs, digit }) => {
  const starts = [layout.u.fan + 16, ...layout.rings.map(([x, y]) => (layout.wide ? x : y))];
  for (const [step, path] of parts.way.entries()) {
    const share = step ? lensAt(lens, step - 1)[digit] : lensAt(lens, 0)[digit],
      from = layout.point(step ? starts[step] : layout.u.wayStart, layout.clsV),
      to = layout.point(starts[step + 1], layout.clsV);
    set(path, { d: `M${from.join(" ")}L${to.join(" ")}`, "stroke-width": (1.5 + 8 * share).toFixed(2) });
  }
  const last = starts[model.depth + 1] + layout.radius;
  const thick = probs.map((share) => 10 * share),
    ends = sideBySide(thick);
  for (const [index, path] of parts.answers.entries()) {
    const { track, middle } = layout.bars[index],
      before = track.x - 12 - 6.6 * model.names[index].length;
    const to = layout.wide ? [before, middle] : [layout.barsArea.y - 8, layout.clsV + ends[index]];
    set(path, {
      d: curve(layout.point, [last, layout.clsV + ends[index]], to),
      "stroke-width": Math.max(LEAST, thick[index]).toFixed(2),
      "stroke-opacity": 0.85,
    });
  }
};

/* A digit or a letter stands in its ring, a longer name below the share. */
const showRings = ({ layout, parts }, { model, lens, probs }) => {
  for (const [step, { round, track, arc, name, share, word }] of parts.rings.entries()) {
    const row = step === model.depth ? probs : lensAt(lens, step),
      digit = argmax(row),
      text = model.names[digit];
    track.setAttribute("stroke-opacity", 0.5);
    set(arc, { "stroke-dasharray": `${(row[digit] * round).toFixed(2)} ${round.toFixed(2)}` });
    name.textContent = text.length === 1 && layout.radius >= 8 ? text : "";
    word.textContent = text.length > 1 && layout.nameLetters > 1 ? shortened(text, layout.nameLetters) : "";
    share.textContent = layout.narrowBlocks ? "" : roundPercent(row[digit]);
  }
};

const showBars = ({ parts, layout }, { probs, digit, in_distribution: sure }) => {
  for (const [index, { name, fill, share }] of parts.bars.entries()) {
    const best = index === digit && sure;
    set(fill, { width: (probs[index] * layout.bars[index].track.width).toFixed(2), fill: best ? ORANGE : "#94a3b8" });
    set(name, { "font-weight": best ? 700 : 400 });
    set(share, { "font-weight": best ? 700 : 400 });
    share.textContent = percent(probs[index]);
  }
};

/* Show a whole reading or a glance. */
export const show = (drawn, shown) => {
  showPixels(drawn, shown);
  showNumbers(drawn, shown);
  showMaps(drawn, shown);
  for (let layer = 0; layer < shown.model.depth; layer++) showFlows(drawn, shown, layer, -1);
  showWay(drawn, shown);
  showRings(drawn, shown);
  showBars(drawn, shown);
};

/* Light up `token` wherever it is, 0 or null for none, and the part that is pointed at. */
export const light = ({ layout, parts }, { model }, token, pointed) => {
  const at = (token || 0) - 1,
    lit = (elements) => {
      for (const [index, element] of elements.entries()) element.classList.toggle("lit", index === at);
    };
  parts.root.classList.toggle("some", at >= 0);
  for (const elements of [parts.cells, parts.unrolled, parts.rows, parts.streams, ...parts.flows]) lit(elements);
  const side = layout.blocks[0].heads[0].width / model.grid_size;
  for (const [layer, frames] of parts.marks.entries())
    for (const [head, frame] of frames.entries()) {
      const { x, y } = layout.blocks[layer].heads[head];
      set(frame, {
        display: at >= 0 ? "inline" : "none",
        x: x + (at % model.grid_size) * side,
        y: y + Math.floor(at / model.grid_size) * side,
        width: side,
        height: side,
      });
    }
  const layer = pointed?.kind === "head" || pointed?.kind === "block" ? pointed.layer : -1;
  parts.root.classList.toggle("one-layer", layer >= 0);
  for (const [index, paths] of parts.flows.entries())
    for (const path of paths) path.classList.toggle("here", index === layer);
  for (const cell of parts.heads)
    cell.classList.toggle(
      "lit",
      pointed?.kind === "head" && Number(cell.dataset.layer) === layer && Number(cell.dataset.head) === pointed.head,
    );
};
