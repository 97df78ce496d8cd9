/* The picture's parts, built once for a model and a width; show.js gives them their values. Colours stand in
   attributes, not in the style sheet, so that the picture can be saved as it is. */
import { svg } from "../../web/dom.js";
import { plural, t } from "../../web/language.js";
import { curve } from "./layout.js";

export const ORANGE = "#ef7d1a";
const GREY = "#94a3b8";

const PIXELS = { preserveAspectRatio: "none", style: "image-rendering: pixelated" };
const picture = (box, more = {}) => svg("image", { ...box, ...PIXELS, ...more });
const write = (x, y, words, more = {}) => svg("text", { x, y, fill: "currentColor", "font-size": 11, ...more }, words);
const group = (name, ...parts) => svg("g", { class: name }, ...parts);
const line = (more) => svg("path", { fill: "none", stroke: GREY, ...more });

/* With a space between two, so that who reads the text out reads words. */
const apart = (parts) => parts.flatMap((each) => [each, " "]);

/* What is pointed at, reached by keyboard (`reached`: the first of its kind by Tab, the others by arrow keys). */
const part = (tag, kind, of, box, first) =>
  svg(tag, { ...box, "data-part": kind, ...of, fill: "transparent", role: "button", tabindex: first ? 0 : -1 });

const grid = ({ image }, { grid_size: side }) => {
  const step = image.width / side;
  return Array.from({ length: side * side }, (_, patch) =>
    svg("rect", {
      x: image.x + (patch % side) * step,
      y: image.y + Math.floor(patch / side) * step,
      width: step,
      height: step,
      fill: "transparent",
      stroke: "#ffffff60",
      "stroke-width": 0.6,
      "data-part": "patch",
      "data-token": patch + 1,
    }),
  );
};

/* From each patch in the drawing to its place in the line of tokens. */
const unrolled = (layout, { grid_size: side }) =>
  layout.rows.map(({ v }, patch) => {
    const row = Math.floor(patch / side),
      column = patch % side,
      across = layout.wide ? layout.image.y : layout.image.x,
      [large, small] = layout.wide ? [row, column] : [column, row],
      from = across + ((large + (small + 0.5) / side) * layout.image.width) / side;
    return line({
      d: curve(layout.point, [layout.u.imageEnd + 3, from], [layout.u.fan - 3, v]),
      stroke: GREY,
      "stroke-width": 1,
    });
  });

/* Each token's own line through all layers: what a layer computes is added to it. */
const streams = (layout) =>
  layout.rows.map(({ v, stream }) => {
    const start = curve(layout.point, [layout.u.numbersEnd, v], [layout.u.blocks, stream]);
    const [x, y] = layout.point(layout.u.end - 4, stream);
    return line({ d: `${start}L${x.toFixed(1)} ${y.toFixed(1)}`, "stroke-opacity": 0.45, "stroke-width": 1 });
  });

/* The number alone where a longer word than the English one would not fit. */
const captionOf = (layer, narrow, width) => {
  const words = t("Layer {layer}", { layer: layer + 1 });
  return narrow || (words.length > 8 && 6.2 * words.length > width) ? layer + 1 : words;
};

const blocks = (layout) =>
  layout.blocks.map(({ box, caption, narrow = layout.narrowBlocks }, layer) => {
    const words = captionOf(layer, narrow, box.width),
      cell = svg("g", { "data-part": "block", "data-layer": layer, role: "button", tabindex: layer ? -1 : 0 });
    cell.append(
      svg("rect", { ...box, rx: 8, fill: GREY, "fill-opacity": 0.1, stroke: GREY, "stroke-opacity": 0.35 }),
      write(caption.x, caption.y, words, { "text-anchor": "middle", "font-weight": 600 }),
    );
    return cell;
  });

const rings = (layout) =>
  layout.rings.map(([x, y], step) => {
    const cell = svg("g", { "data-part": "ring", "data-step": step, role: "button", tabindex: step ? -1 : 0 }),
      r = layout.radius,
      round = 2 * Math.PI * (r - 1.5);
    const share = layout.wide
      ? { x, y: y + r + 12, "text-anchor": "middle" }
      : { x: x - r - 4, y: y + 4, "text-anchor": "end" };
    const parts = {
      ground: svg("circle", { cx: x, cy: y, r, class: "ground", fill: "#fff", stroke: "none" }),
      track: svg("circle", { cx: x, cy: y, r: r - 1.5, fill: "none", stroke: GREY, "stroke-width": 3 }),
      arc: svg("circle", {
        cx: x,
        cy: y,
        r: r - 1.5,
        fill: "none",
        stroke: ORANGE,
        "stroke-width": 3,
        transform: `rotate(-90 ${x} ${y})`,
      }),
      name: write(x, y + 4.5, "", { "text-anchor": "middle", "font-size": 13, "font-weight": 700, fill: "#111" }),
      share: write(share.x, share.y, "", { ...share, class: "halo", "font-weight": 600 }),
      word: write(share.x, share.y + 13, "", { ...share, y: share.y + 13, class: "halo" }),
    };
    cell.append(...apart(Object.values(parts)));
    return { cell, round, ...parts };
  });

const bars = (layout, { names }) =>
  layout.bars.map(({ box, track, middle }, digit) => {
    const cell = svg("g", { "data-part": "bar", "data-digit": digit, role: "button", tabindex: digit ? -1 : 0 });
    const parts = {
      name: write(track.x - 6, middle + 4, names[digit], { "text-anchor": "end", "font-size": 12 }),
      track: svg("rect", { ...track, rx: 3, fill: GREY, "fill-opacity": 0.25 }),
      fill: svg("rect", { ...track, width: 0, rx: 3, fill: GREY }),
      share: write(box.x + box.width, middle + 4, "", { "text-anchor": "end" }),
    };
    cell.append(svg("rect", { ...box, fill: "transparent" }), ...apart(Object.values(parts)));
    return { cell, ...parts };
  });

const captions = (layout, model) => {
  const { image, strips, fan, wide } = layout,
    bold = { "font-weight": 600 };
  const cls = layout.clsBox;
  const own = { "text-anchor": "middle", "font-size": 11, "font-weight": 700, fill: "#111" };
  const label = [
    svg("rect", { ...cls, rx: 5, fill: ORANGE }),
    write(cls.x + cls.width / 2, cls.y + cls.height / 2 + 4, model.pool === "mean" ? t("avg") : "cls", own),
  ];
  if (!wide) {
    const up = { "text-anchor": "end", ...bold };
    return [
      ...label,
      write(image.x + image.width / 2, 13, t("Your drawing, 28×28 pixels"), { "text-anchor": "middle", ...bold }),
      write(image.x - 12, fan.y - 20, plural(model.num_patches, "{n} patch", "{n} patches"), { ...up }),
      write(layout.barsArea.x, layout.barsArea.y - 8, t("It reads"), bold),
    ];
  }
  const middle = { "text-anchor": "middle", ...bold };
  return [
    ...label,
    write(image.x, image.y - 20, t("Your drawing"), bold),
    write(image.x, image.y - 7, t("28×28 pixels")),
    write(image.x, image.y + image.height + 16, plural(model.num_patches, "{n} patch of", "{n} patches of")),
    write(image.x, image.y + image.height + 30, t("{size}×{size} pixels", { size: model.patch_size })),
    write((fan.x + layout.u.numbersEnd) / 2 + 2, 12, t("Tokens"), middle),
    write(strips[0].patches.x + 20, 27, t("pixels"), { "text-anchor": "middle" }),
    ...(layout.ordered
      ? [
          write(strips[0].patches.x + 44, 27, "+", middle),
          write(strips[1].patches.x + 20, 27, t("place"), { "text-anchor": "middle" }),
        ]
      : []),
    write(layout.barsArea.x + layout.barsArea.width, 12, t("It reads"), { "text-anchor": "end", ...bold }),
  ];
};

const heads = (layout) =>
  layout.blocks.flatMap((block, layer) =>
    block.heads.map((box, head) => {
      const of = { "data-layer": layer, "data-head": head };
      return part("rect", "head", of, { ...box, rx: 2 }, layer + head === 0);
    }),
  );

/* One frame for each head's map, over the patch that is pointed at. */
const marks = (layout) =>
  layout.blocks.map((block) => block.heads.map(() => svg("rect", { fill: "none", stroke: "#fff", display: "none" })));

/* The whole picture as an <svg>, with the parts that change. */
export const build = (layout, model) => {
  const { width, height } = layout;
  const parts = {
    image: picture(layout.image),
    cells: grid(layout, model),
    unrolled: unrolled(layout, model),
    fan: picture(layout.fan),
    strips: layout.strips.map(({ patches }) => picture(patches)),
    clsStrips: layout.strips.map(({ cls }) => picture(cls)),
    streams: streams(layout),
    blocks: blocks(layout),
    maps: layout.blocks.map(({ maps }) => picture(maps)),
    flows: layout.blocks.map((_, layer) =>
      layout.rows.map((_row, patch) =>
        line({ stroke: ORANGE, "data-part": "flow", "data-layer": layer, "data-token": patch + 1 }),
      ),
    ),
    way: layout.rings.map(() => line({ stroke: ORANGE, "stroke-linecap": "round" })),
    answers: layout.bars.map(() => line({ stroke: ORANGE })),
    rings: rings(layout),
    bars: bars(layout, model),
    rows: layout.rows.map(({ box }, patch) =>
      part("rect", "patch", { "data-token": patch + 1 }, { ...box, class: "row", rx: 2 }, patch === 0),
    ),
    cls: part("rect", "cls", { "data-token": 0 }, { ...layout.clsBox, rx: 5 }, true),
    heads: heads(layout),
    marks: marks(layout),
  };
  parts.root = svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      "font-family": "system-ui, sans-serif",
      xmlns: "http://www.w3.org/2000/svg",
    },
    group("blocks", ...parts.blocks),
    group("unrolled", ...parts.unrolled),
    group("streams", ...parts.streams),
    parts.image,
    group("cells", ...parts.cells),
    parts.fan,
    ...parts.strips,
    ...parts.clsStrips,
    group("way", ...parts.way),
    group("flows", ...parts.flows.flat()),
    group("answers", ...parts.answers),
    group("tokens", ...parts.rows, parts.cls),
    ...parts.maps,
    group("heads", ...parts.heads),
    group("marks", ...parts.marks.flat()),
    group("rings", ...parts.rings.map(({ cell }) => cell)),
    group("bars", ...parts.bars.map(({ cell }) => cell)),
    group("captions", ...captions(layout, model)),
  );
  return parts;
};
