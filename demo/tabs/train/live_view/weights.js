/* Weights of a snapshot as pictures: the filters of the patch embedding, the similarity of the position embeddings. */
import { diverging } from "../../../web/colours.js";
import { svg } from "../../../web/dom.js";

const pixel = (x, y, value) => svg("rect", { x, y, width: 1, height: 1, style: `fill: ${diverging(value)}` });

const picture = (side, pixels) =>
  svg("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true", "shape-rendering": "crispEdges" }, ...pixels);

/* One tile per filter. The largest weight of all has the full colour, so that growing can be seen. */
export const drawFilters = (holder, { shape: [count, size], data }) => {
  const side = Math.round(Math.sqrt(size)),
    most = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-6);
  const tile = (_, index) =>
    picture(
      side,
      Array.from({ length: size }, (_, at) => pixel(at % side, Math.floor(at / side), data[index * size + at] / most)),
    );
  holder.replaceChildren(...Array.from({ length: count }, tile));
};

/* A small map for each patch: the similarity of its position embedding to all others. Maps lie as the patches do. */
export const drawPositions = (holder, { shape: [count], data }) => {
  const side = Math.round(Math.sqrt(count - 1)),
    gap = 0.6,
    step = side + gap,
    pixels = [];
  for (let query = 1; query < count; query++) {
    const left = ((query - 1) % side) * step,
      top = Math.floor((query - 1) / side) * step;
    for (let key = 1; key < count; key++) {
      const similarity = 2 * data[query * count + key] - 1;
      pixels.push(pixel(left + ((key - 1) % side), top + Math.floor((key - 1) / side), similarity));
    }
  }
  holder.replaceChildren(picture(side * step - gap, pixels));
};
