/* Continues layers.js: the slider, playing, pointing, questions to the server, files, and following the page. */

/* ---- the slider over the blocks, and playing ---- */
const show = () => {
  if (!says) return;
  showPatches();
  showBars();
  showVerdict();
  showSky();
  showTrust();
  slider.value = at;
  slider.setAttribute("aria-valuetext", when());
  for (const [block, tick] of [...find(".ticks").children].entries()) tick.classList.toggle("now", block === step());
};

const refresh = onceAFrame(show);

const go = (to) => { at = Math.min(Math.max(to, 0), depth()); refresh(); };

/* Where the slider comes to rest, all tabs show that block. */
const rest = () => {
  go(step());
  layer = step() ? step() - 1 : chosen().layer;
  if (layer !== chosen().layer) choose({ layer });
};

const begin = () => {
  const from = step() >= depth() ? 0 : step();
  go(from);
  return (milliseconds) => {
    const passed = Math.max(milliseconds - REST, 0) / (A_BLOCK + REST), block = Math.floor(passed), part = Math.min(((passed - block) * (A_BLOCK + REST)) / A_BLOCK, 1);
    const eased = part * part * (3 - 2 * part);
    go(from + block + (still.matches ? Math.floor(part) : eased));
    return from + block < depth();
  };
};

const { slider, stop } = player(element, { ready: () => says, begin, slide: go, rest, move: (by) => {
  at = Math.min(Math.max(step() + by, 0), depth());
  rest();
} });

const buildTicks = () => {
  const named = (block) => (block ? (block === depth() || depth() < 5 ? `layer ${block}` : String(block)) : "before");
  slider.max = depth();
  find(".ticks").replaceChildren(...Array.from({ length: depth() + 1 }, (_, block) => make("span", { style: `left: ${(100 * block) / depth()}%` }, named(block))));
};

/* ---- a patch under the pointer shows its bars ---- */
const cellOf = (event) => event.target.closest?.("rect[data-patch]");
const hover = (to) => { if (hovered !== to && says) { hovered = to; refresh(); } };
const pin = (to) => { hovered = null; choose({ token: chosen().token === to ? null : to }); };
for (const holder of element.querySelectorAll(".map")) {
  holder.addEventListener("pointerover", (event) => { if (cellOf(event)) hover(Number(cellOf(event).dataset.patch) + 1); });
  holder.addEventListener("pointerleave", () => hover(null));
  holder.addEventListener("focusin", (event) => { if (cellOf(event)) hover(Number(cellOf(event).dataset.patch) + 1); });
  holder.addEventListener("focusout", () => hover(null));
  holder.addEventListener("click", (event) => { if (cellOf(event) && says) pin(Number(cellOf(event).dataset.patch) + 1); });
  rove(holder, "rect[data-patch]", () => seen?.model.grid_size);
}
find(".release").addEventListener("click", () => pin(null));

eachClass(find(".digits"), (digit, name) => {
  const input = make("input", { type: "radio", name: "inkling-layers", value: digit, "aria-label": `How strongly does each patch say ${name}?` });
  input.addEventListener("change", () => { if (seen) choose({ digit: digit === seen.digit ? null : digit }); });
  return { node: make("label", {}, input, make("span", {}, name)) };
});

/* ---- asking: one request for each drawing; an answer to an older one is dropped ---- */
const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
const say = (text) => { find(".message").textContent = text; };

const ask = async () => {
  stale = !inSight();
  if (stale || !seen) return;
  const asking = ++version;
  element.setAttribute("aria-busy", "true");
  const slow = setTimeout(() => { if (asking === version) say("Making a map for this model. It takes some seconds, once."); }, SLOW);
  try {
    const answer = await call(server.seen, { ...seen.source, known: atlas?.name });
    if (asking !== version) return;
    if (answer.error) return say(answer.error);
    say("");
    accept(answer);
    await fetchPictures();
  } catch { if (asking === version) say("The server does not answer. Try again in a moment."); }
  finally { clearTimeout(slow); if (asking === version) element.setAttribute("aria-busy", "false"); }
};

const accept = (answer) => {
  if (answer.atlas) atlas = { ...answer.atlas, name: answer.name, points: unpack(answer.atlas.points) };
  [says, path] = [unpack(answer.says), unpack(answer.path)];
  find(".view").hidden = false;
  layOut();
  layOutSky();
  buildTicks();
  const canvas = document.createElement("canvas");
  paint(canvas, seen.image.data, seen.model.image_size);
  sky.picture.setAttribute("href", canvas.toDataURL());
  at = Math.min(at, depth());
  show();
};

const fetchPictures = async () => {
  if (pictures) return;
  const { sheet, columns } = await call(server.pictures, {}), image = new Image();
  image.src = `data:image/png;base64,${sheet}`;
  await image.decode();
  pictures = { image, columns };
};

/* ---- files: the three maps on one sheet ---- */
const part = (holder, x, y, side) => {
  const copy = holder.querySelector("svg").cloneNode(true);
  for (const [attribute, value] of Object.entries({ x, y, width: side, height: side })) copy.setAttribute(attribute, value);
  return copy;
};
const sheet = () => {
  const text = (x, y, words) => svg("text", { x, y, "font-size": 13, "font-family": "system-ui, sans-serif", fill: "#111" }, words);
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 920 500", width: 1840, height: 1000 }, svg("rect", { width: 920, height: 500, fill: "#fff" }),
    text(20, 26, find(".verdict").textContent), text(20, 54, "What each patch says"), part(find('[data-map="says"]'), 20, 62, 190),
    text(20, 280, find(".asked").textContent), part(find('[data-map="strength"]'), 20, 288, 190), text(240, 54, "The way of the cls token among test digits"), part(find(".sky"), 240, 62, 416),
    ...bars.flatMap(({ share }, digit) => { const top = 70 + 26 * digit; return [text(690, top + 12, digit), svg("rect", { x: 706, y: top, width: 130 * row(token())[digit], height: 14, fill: "#ef7d1a" }), text(850, top + 12, share.textContent)]; }),
    text(690, 54, find(".who").textContent));
};
saves(element, { ready: () => says, name: () => `layers-${asked()}-layer-${step()}`, picture: sheet });

/* ---- following the page ---- */
on("nothing", () => {
  version++;
  stop();
  seen = says = path = null;
  find(".view").hidden = true;
  find(".verdict").textContent = "Draw a digit first";
  say("");
  element.setAttribute("aria-busy", "false");
});

on("reading", (reading) => {
  if (!reading.whole) return;
  stop();
  seen = reading;
  says = path = hovered = null;
  layer = chosen().layer;
  at = layer + 1;
  stale = true;
  ask();
});

on("chosen", (selection) => {
  if (!says) return;
  if (selection.layer !== layer) { stop(); layer = selection.layer; at = layer + 1; }
  refresh();
});

new IntersectionObserver(() => { if (stale) ask(); }).observe(element);
