/* Continues positions.js: pointing, keys, questions to the server, files, and following the page. */

/* ---- pointing, clicking, keys ---- */
const preview = (target) => {
  const cell = target?.closest?.("[data-token]"), shown = target?.closest?.("[data-filter]"), dot = target?.closest?.(".plot .head");
  const next = cell ? Number(cell.dataset.token) : null, filterNext = shown ? Number(shown.dataset.filter) : null;
  if (next !== previewed) { previewed = next; showPlace(); }
  if (filterNext !== previewedFilter) { previewedFilter = filterNext; showFilter(); }
  if (alike && (target?.dataset?.other || cell === null)) tell(target?.dataset?.other ? Number(target.dataset.other) : null);
  showChosen(dot ? Number(dot.dataset.layer) * seen.model.num_heads + Number(dot.dataset.head) : null);
};
element.addEventListener("pointerover", (event) => preview(event.target));
element.addEventListener("pointerleave", () => preview(null));
element.addEventListener("focusin", (event) => preview(event.target));
element.addEventListener("click", ({ target }) => {
  const cell = target.closest("[data-token], [data-other]"), shown = target.closest("[data-filter]"), dot = target.closest(".plot .head");
  if (cell) choose({ token: Number(cell.dataset.token ?? cell.dataset.other) });
  if (shown) { pinned = Number(shown.dataset.filter); showFilter(); }
  if (dot) choose({ layer: Number(dot.dataset.layer), head: Number(dot.dataset.head) });
});
rove(find(".mosaic"), "rect", () => seen?.model.grid_size);
rove(find(".filters"), "button");
rove(find(".plot"), ".head");
for (const input of all(".kinds input")) input.addEventListener("change", () => { kind = input.value; pinned = 0; if (known.filters) showFilters(); });

/* ---- asking: once for each model, while the view is in sight ---- */
const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
const say = (text) => { find(".message").textContent = text; };
const named = ({ model, source }) => JSON.stringify([source.model ?? null, model]);

/* Another model reads: nothing of the one before may be asked about this one. */
const forget = () => {
  version++;
  [alike, known, asked, drawn, previewed, previewedFilter] = [null, {}, null, "", null, null];
  for (const old of [".filters", ".weights", ".map", ".plot", ".mosaic svg", ".large svg"]) find(old).replaceChildren();
};

const show = () => {
  if (!seen || !inSight()) return;
  if (drawn !== named(seen)) { drawn = named(seen); showAlike(); showPlace(); }
  if (asked !== named(seen)) return ask();
  showFilter();
  showPlot();
};

/* Both parts at once, each shown when it is there: the filters need no reading of digits. */
const ask = async () => {
  const asking = ++version;
  [asked, known] = [named(seen), {}];
  find(".spoken").textContent = "Reading the test digits…";
  const parts = [
    [server.filters, ({ filters, patterns, gains, ...rest }) => { Object.assign(known, rest, { filters: rowsOf(unpack(filters)), patterns: rowsOf(unpack(patterns)), gains: unpack(gains).data }); showFilters(); }],
    [server.distances, ({ distance, ...rest }) => { Object.assign(known, rest, { distance: [...unpack(distance).data] }); showPlot(); }],
  ];
  try {
    await Promise.all(parts.map(async ([part, take]) => {
      const answer = await call(part, { model: seen.source.model ?? null });
      if (asking !== version) return;
      say(answer.error ?? "");
      if (!answer.error) take(answer);
    }));
  } catch { if (asking === version) { asked = null; say("The server does not answer. Try again in a moment."); } }
};

/* ---- files: the three pictures on one sheet ---- */
const placed = (part, attributes) => { for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value); return part; };
const image = (canvas, x, y, side) => svg("image", { href: canvas.toDataURL(), x, y, width: side, height: side, style: "image-rendering: pixelated" });
const sheet = () => {
  const plot = find(".plot svg"), wide = plot.viewBox.baseVal.width, width = Math.max(760, wide + 20), canvases = all(".filters canvas"), across = 12, title = (x, y, text) => svg("text", { x, y, "font-size": 14, "font-weight": 600 }, text);
  const low = 40 + Math.max(320, Math.ceil(canvases.length / across) * 31) + 30;
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${low + HIGH + 20}`, width: 2 * width, height: 2 * (low + HIGH + 20), "font-family": "system-ui, sans-serif", fill: "#111" }, svg("rect", { width, height: low + HIGH + 20, fill: "#fff" }),
    title(10, 24, "Similarity of the positions"), image(find(".mosaic canvas"), 10, 36, 320), title(370, 24, kind === "patterns" ? "Patterns of the patch embedding" : "Filters of the patch embedding"),
    ...canvases.map((canvas, index) => image(canvas, 370 + (index % across) * 31, 36 + Math.floor(index / across) * 31, 28)),
    title(10, low, `Mean attention distance in pixels: ${known.digits} test digits (full), this drawing (open)`), placed(plot.cloneNode(true), { x: 10, y: low + 10, width: wide, height: HIGH }));
};
saves(element, { ready: () => known.filters && known.distance, name: () => "positions", picture: sheet });

/* ---- following the page: what belongs to the model stays when the sheet is empty ---- */
on("nothing", () => {
  if (!seen) return say("Draw a digit first.");
  seen = { ...seen, image: null, far: null };
  show();
});

on("reading", ({ whole, model, image: digit, source, pos_embed: positions, attention }) => {
  if (!whole) return;
  seen = { model, source, positions, image: digit, far: distances(unpack(attention), model) };
  if (drawn !== named(seen)) forget();
  show();
});

on("chosen", () => { if (seen && alike) { showPlace(); showChosen(); } });

new IntersectionObserver(show).observe(element);
new ResizeObserver(() => { if (find(".plot svg")?.viewBox.baseVal.width !== find(".plot").clientWidth) showPlot(); }).observe(find(".plot"));
