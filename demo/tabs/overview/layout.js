// @ts-check
/* Where the parts of the picture lie, in pixels: arithmetic only. Along `u` the drawing flows through the model, to the
   right in a wide picture and down in a narrow one; `v` lies across. */

/**
 * What a layout must know of a model.
 * @typedef {{ grid_size: number, patch_size: number, num_patches: number, depth: number, num_heads: number,
 *   names: string[], positions?: string, pool?: string }} Sizes
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 */

export const NARROW = 560; // pixels of width below which the picture flows down
const IMAGE = 112; // side of the drawing
const NUMBERS = 40; // length of a strip of numbers
const SHARE = 54; // length of a share beside its bar
const GAP = 2 / 28; // between two heads' maps, in maps

const WIDE = { image: 2, fan: 152, numbers: 178, funnel: 270, blocks: 312, out: 46, across: 372, cls: 46, top: 84 };
const TALL = { image: 20, fan: 176, numbers: 204, funnel: 296, blocks: 352, out: 44, across: 0, cls: 54, top: 80 };
const TALL_BLOCK = 122;
const TALL_BAR = 22;

/**
 * Columns and side of `count` squares that fill `width` x `height` best, at most `most` pixels large.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} most
 */
export const fill = (count, width, height, most) => {
  let best = { columns: 1, side: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns),
      side = Math.min(most, width / (columns + GAP * (columns - 1)), height / (rows + GAP * (rows - 1)));
    if (side > best.side) best = { columns, side };
  }
  return best;
};

/**
 * How many pixels the names of the classes need beside their bars.
 * @param {string[]} names
 */
const nameWidth = (names) => Math.min(84, 6.4 * Math.max(...names.map((name) => name.length)) + 12);

/**
 * The bars of the classes: the boxes of their names, tracks and shares.
 * @param {string[]} names
 * @param {Box} area
 */
const barsIn = (names, area) => {
  const pitch = area.height / names.length,
    left = nameWidth(names),
    thick = Math.min(12, pitch - 3);
  return names.map((_, digit) => {
    const middle = area.y + (digit + 0.5) * pitch;
    const track = { x: area.x + left, y: middle - thick / 2, width: area.width - left - SHARE, height: thick };
    return { box: { ...area, y: middle - pitch / 2, height: pitch }, track, middle };
  });
};

/**
 * Where everything lies in a picture of `width` pixels.
 * @param {number} width
 * @param {Sizes} model
 */
export const layOut = (width, model) => {
  const wide = width >= NARROW,
    at = wide ? WIDE : TALL,
    across = wide ? WIDE.across : width,
    barsWidth = nameWidth(model.names) + SHARE + 52,
    pitchOfBlocks = wide ? (width - barsWidth - at.out - at.blocks) / model.depth : TALL_BLOCK,
    end = at.blocks + model.depth * pitchOfBlocks;
  /** @param {number} u @param {number} v @param {number} du @param {number} dv */
  const box = (u, v, du, dv) => (wide ? { x: u, y: v, width: du, height: dv } : { x: v, y: u, width: dv, height: du });
  /** @param {number} u @param {number} v */
  const point = (u, v) => (wide ? [u, v] : [v, u]);

  const bottom = across - 2,
    pitch = (bottom - at.top) / model.num_patches,
    thumb = (pitch * model.patch_size) / (model.patch_size + 1);
  const low = at.top + (wide ? 14 : 4),
    high = low + (bottom - low) * (wide ? 0.56 : 0.46),
    stream = (high - low) / model.num_patches;
  const ordered = model.positions !== "none",
    numbersEnd = ordered ? at.funnel : at.numbers + NUMBERS + 4;
  const imageV = wide ? (at.top + bottom - IMAGE) / 2 : (across - IMAGE) / 2;
  const rows = Array.from({ length: model.num_patches }, (_, patch) => {
    const v = at.top + (patch + 0.5) * pitch;
    return { v, stream: low + (patch + 0.5) * stream, box: box(at.fan - 2, v - pitch / 2, 118, pitch) };
  });

  const heads = { v: high + 12, dv: bottom - high - 12, u: wide ? 4 : 18, du: pitchOfBlocks - (wide ? 8 : 22) };
  const area = box(heads.u, heads.v, heads.du, heads.dv),
    { columns, side } = fill(model.num_heads, area.width, area.height, 64),
    lines = Math.ceil(model.num_heads / columns),
    step = side * (1 + GAP);
  const radius = Math.max(4, Math.min(12, pitchOfBlocks / 2 - 3));
  const blocks = Array.from({ length: model.depth }, (_, layer) => {
    const u = at.blocks + layer * pitchOfBlocks,
      inside = box(u + heads.u, heads.v, heads.du, heads.dv),
      x = inside.x + (inside.width - columns * step + side * GAP) / 2,
      y = inside.y + (inside.height - lines * step + side * GAP) / 2;
    return {
      u,
      join: u + pitchOfBlocks - 2 * radius - 6,
      box: box(u + 1, at.cls - 22, pitchOfBlocks - 2, bottom - at.cls + 24),
      caption: wide ? { x: u + pitchOfBlocks / 2, y: 12 } : { x: inside.x + inside.width / 2, y: u + 13 },
      maps: { x, y, width: columns * step - side * GAP, height: lines * step - side * GAP },
      heads: Array.from({ length: model.num_heads }, (_, head) => ({
        x: x + (head % columns) * step,
        y: y + Math.floor(head / columns) * step,
        width: side,
        height: side,
      })),
    };
  });
  const rings = [at.blocks - radius - 4, ...blocks.map(({ u }) => u + pitchOfBlocks - radius - 2)];
  const barsArea = wide
    ? { x: width - barsWidth, y: 22, width: barsWidth, height: Math.min(24 * model.names.length, across - 24) }
    : { x: 0, y: end + at.out, width, height: TALL_BAR * model.names.length };
  return {
    wide,
    width,
    height: wide ? across : barsArea.y + barsArea.height + 4,
    columns,
    radius,
    narrowBlocks: wide && pitchOfBlocks < 44,
    box,
    point,
    u: {
      ...at,
      end,
      imageEnd: at.image + IMAGE,
      numbersEnd,
      wayStart: model.pool === "mean" ? at.fan + 22 : numbersEnd,
    },
    ordered,
    nameLetters: wide ? Math.floor((pitchOfBlocks - 4) / 6.4) : 6,
    clsV: at.cls,
    image: box(at.image, imageV, IMAGE, IMAGE),
    fan: box(at.fan, at.top, Math.min(18, thumb + 4), bottom - at.top),
    strips: [at.numbers, at.numbers + NUMBERS + 8].map((u) => ({
      patches: box(u, at.top, NUMBERS, bottom - at.top),
      cls: box(u, at.cls - 5, NUMBERS, 10),
    })),
    clsBox: box(at.fan - 6, at.cls - (wide ? 9 : 14), 26, wide ? 18 : 28),
    rows,
    blocks,
    rings: rings.map((u) => point(u, at.cls)),
    bars: barsIn(model.names, barsArea),
    barsArea,
  };
};

/**
 * A smooth line between two points in (u, v), as the `d` of a path.
 * @param {(u: number, v: number) => number[]} point
 * @param {[number, number]} from
 * @param {[number, number]} to
 */
export const curve = (point, [u, v], [toU, toV]) => {
  const middle = (u + toU) / 2,
    text = (/** @type {number} */ alongU, /** @type {number} */ alongV) =>
      point(alongU, alongV)
        .map((value) => Math.round(10 * value) / 10)
        .join(" ");
  return `M${text(u, v)}C${text(middle, v)} ${text(middle, toV)} ${text(toU, toV)}`;
};

/**
 * Where flows of these thicknesses end side by side, the middle of all at 0.
 * @param {number[]} thicknesses
 */
export const sideBySide = (thicknesses) => {
  let passed = -thicknesses.reduce((sum, value) => sum + value, 0) / 2;
  return thicknesses.map((thickness) => {
    passed += thickness;
    return passed - thickness / 2;
  });
};

/**
 * The patch under a point of a map that fills `box`, 0 for the first.
 * @param {Box} box
 * @param {number} x
 * @param {number} y
 * @param {number} side
 */
export const patchAt = (box, x, y, side) => {
  const along = (/** @type {number} */ part) => Math.min(side - 1, Math.max(0, Math.floor(part * side)));
  return along((y - box.y) / box.height) * side + along((x - box.x) / box.width);
};

/**
 * A name in at most `most` letters.
 * @param {string} name
 * @param {number} most
 */
export const shortened = (name, most) => (name.length <= most ? name : `${name.slice(0, Math.max(1, most - 1))}…`);
