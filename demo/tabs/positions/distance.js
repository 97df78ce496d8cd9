/* Continues positions.js: how far each head looks. */

/* ---- how far each head looks ---- */

/* Mean distance in pixels of the heads (L, h) from attention (L, h, N, N): without cls, the rest of each row scaled up to 1. */
const distances = ({ shape: [depth, heads, tokens], data }, { grid_size: side, patch_size: size }) => {
  const far = Array.from({ length: side * side }, (_, one) => Float32Array.from({ length: side * side }, (_, other) =>
    size * Math.hypot(Math.floor(one / side) - Math.floor(other / side), (one % side) - (other % side))));
  return Array.from({ length: depth * heads }, (_, head) => mean(far.map((row, query) => {
    const start = (head * tokens + query + 1) * tokens + 1;
    let total = 0, weighted = 0;
    for (let at = 0; at < row.length; at++) { total += data[start + at]; weighted += data[start + at] * row[at]; }
    return total ? weighted / total : 0;
  })));
};

const headName = (layer, head) => `Layer ${layer + 1}, head ${head + 1}`;

const showPlot = () => {
  const wide = find(".plot").clientWidth;
  if (!known.distance || wide <= LEFT) return; // hidden, or not laid out yet
  const { depth, num_heads: heads } = seen.model, top = 5 * Math.ceil((Math.max(...known.distance, ...(seen.far ?? []), known.even) + 0.2) / 5);
  const y = (pixels) => 10 + (HIGH - 10 - LOW) * (1 - pixels / top), slot = (wide - LEFT) / (depth * heads), gap = Math.min(2, slot / 4), x = (index) => LEFT + (index + 0.5) * slot;
  const write = (at, height, text, anchor = "middle") => svg("text", { x: at, y: height, "font-size": 11, "text-anchor": anchor, fill: "#444" }, text);
  const lines = Array.from({ length: top / 5 + 1 }, (_, step) => [svg("line", { class: "grid", x1: LEFT, x2: wide, y1: y(5 * step), y2: y(5 * step), stroke: "#ddd" }), write(LEFT - 6, y(5 * step) + 4, String(5 * step), "end")]);
  const bands = Array.from({ length: depth }, (_, layer) => [...(layer % 2 ? [] : [svg("rect", { class: "band", x: LEFT + layer * heads * slot, y: y(top), width: heads * slot, height: y(0) - y(top), fill: "#f4f4f5" })]),
    write(LEFT + (layer + 0.5) * heads * slot, HIGH - 4, wide / depth < 56 ? String(layer + 1) : `layer ${layer + 1}`)]);
  const dots = Array.from({ length: depth * heads }, (_, index) => svg("g", { class: "head", role: "button", tabindex: index ? -1 : 0, "data-layer": Math.floor(index / heads), "data-head": index % heads, "aria-label": spoken(index) },
    svg("rect", { class: "hit", x: x(index) - (slot - gap) / 2, y: y(top), width: slot - gap, height: y(0) - y(top), rx: 4, fill: "none" }),
    ...(seen.far ? [svg("line", { x1: x(index), x2: x(index), y1: y(known.distance[index]), y2: y(seen.far[index]), stroke: "#94a3b8", "stroke-width": 1.5 }),
      svg("circle", { class: "drawing", cx: x(index), cy: y(seen.far[index]), r: Math.min(4.5, slot / 2.2), fill: "#fff", stroke: "#2f7de1", "stroke-width": 2 })] : []),
    svg("circle", { class: "test", cx: x(index), cy: y(known.distance[index]), r: Math.min(5, slot / 2.2), fill: "#ef7d1a" }), ...(slot < 11 ? [] : [write(x(index), HIGH - 20, String((index % heads) + 1))])));
  const even = svg("line", { class: "even", x1: LEFT, x2: wide, y1: y(known.even), y2: y(known.even), stroke: "#64748b", "stroke-width": 1.5, "stroke-dasharray": "6 5" });
  find(".plot").replaceChildren(svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${wide} ${HIGH}`, height: HIGH, role: "group", "aria-label": "Mean attention distance of each head, in pixels", "font-family": "system-ui, sans-serif" },
    ...lines.flat(), ...bands.flat(), ...lines.map(([line]) => line), even, ...dots));
  find(".far").textContent = `The mean attention distance: how many pixels away lies what a patch looks at, weighted by its attention. cls lies nowhere, so it is left out, and the rest of each row is scaled up to 100 %. A head that looks at all patches alike would have ${fixed(known.even, 1)} pixels.`;
  find(".digits").textContent = `mean over ${known.digits} MNIST test digits`;
  showChosen();
};

const spoken = (index) => {
  const { num_heads: heads } = seen.model, drawing = seen.far ? `, ${fixed(seen.far[index], 1)} on this drawing` : "";
  return `${headName(Math.floor(index / heads), index % heads)}: ${fixed(known.distance[index], 1)} pixels on test digits${drawing}`;
};

const ends = () => {
  const order = [...known.distance.keys()].sort((one, other) => known.distance[one] - known.distance[other]), said = (index) => spoken(index).split(" on test")[0];
  return `Nearest: ${said(order[0])}. Farthest: ${said(order.at(-1))}. Click a head to choose it in every tab.`;
};

const showChosen = (hovered = null) => {
  if (!known.distance) return;
  const { layer, head } = chosen(), at = hovered ?? (head === MEAN ? null : layer * seen.model.num_heads + head);
  for (const [index, dot] of all(".plot .head").entries()) {
    dot.classList.toggle("chosen", head !== MEAN && index === layer * seen.model.num_heads + head);
    dot.setAttribute("aria-pressed", dot.classList.contains("chosen"));
  }
  find(".spoken").textContent = at === null ? ends() : `${spoken(at)}.`;
};
