/* Continues inside.js: pointing, keys, questions to the server, files, and following the page. */

/* ---- pointing, clicking, keys ---- */
const keyOf = (target) => {
  const cell = target.closest?.("[data-patch], [data-key]");
  return cell && Number(cell.dataset.key ?? Number(cell.dataset.patch) + 1);
};
const featureOf = (target) => { const cell = target.closest?.("[data-feature]"); return cell ? Number(cell.dataset.feature) : null; };

const point = (target) => {
  const token = keyOf(target) ?? null, column = featureOf(target);
  if (!now || (token === pointed && column === feature)) return;
  [pointed, feature] = [token, column];
  mark();
  if (target.closest?.("[data-patch], .cls")) for (const row of all("tbody tr.lit")) reveal(row);
};

/* Scrolls the table, and not the page. */
const reveal = (row) => {
  const box = row.closest(".scroll"), above = row.offsetTop - box.querySelector("thead").offsetHeight, below = row.offsetTop + 2 * row.offsetHeight - box.clientHeight;
  if (box.scrollTop > above) box.scrollTop = above;
  else if (box.scrollTop < below) box.scrollTop = below;
};

element.addEventListener("pointerover", (event) => point(event.target));
element.addEventListener("pointerleave", () => point(element));
element.addEventListener("focusin", (event) => point(event.target));
element.addEventListener("focusout", () => point(element));
element.addEventListener("click", (event) => {
  const token = keyOf(event.target) ?? null;
  if (now && token === null && featureOf(event.target) !== null) { feature = featureOf(event.target); return mark(); }
  if (!now || token === null) return;
  if (!event.target.closest("tbody")) return choose({ token });
  pinned = pinned === token ? null : token;
  feature = featureOf(event.target);
  mark();
});
rove(find(".map"), "[data-patch]", () => seen?.model.grid_size);
element.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("tbody tr");
  if (!now || !row) return;
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); return event.target.dispatchEvent(new MouseEvent("click", { bubbles: true })); }
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") { event.preventDefault(); return step(event.key === "ArrowLeft" ? -1 : 1); }
  const next = { ArrowUp: row.previousSibling, ArrowDown: row.nextSibling }[event.key]?.firstChild;
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  reveal(next.parentNode);
});
const step = (by) => { feature = ((feature ?? (by > 0 ? -1 : 0)) + by + now.q.length) % now.q.length; mark(); };

/* ---- asking: once for each drawing, while the view is in sight ---- */
const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
const say = (text) => { find(".message").textContent = text; };

const ask = async () => {
  stale = !inSight();
  if (stale || !seen) return;
  const asking = ++version;
  find(".answer").setAttribute("aria-busy", "true");
  try {
    const answer = await call(server.numbers, seen.source);
    if (asking !== version) return;
    if (answer.error) return say(answer.error);
    numbers = restored(answer);
    say("");
    refresh();
    find(".answer").setAttribute("aria-busy", "false");
  } catch { if (asking === version) say("The server does not answer. Try again in a moment."); }
};

/* ---- files: the whole calculation on one sheet ---- */
const LINE = 16, LEFT = 250;

const sheet = () => {
  const { q, keys, values, dots, root, shares, order, rest, output } = now, cell = Math.max(4, Math.min(20, 640 / q.length)), wide = cell * q.length, right = LEFT + 60 + wide, far = right + 150;
  const top = (index) => 56 + index * LINE, scales = { q: largest([q]), k: largest(keys), v: largest(values) };
  const write = (x, y, text, anchor = "start") => svg("text", { x, y: y + 11, "text-anchor": anchor }, text);
  const band = (x, y, part, row, scale) => [...row].flatMap((value, at) => [svg("rect", { x: x + at * cell, y, width: cell, height: LINE - 1, fill: heat(part, value, scale) }),
    ...(cell < LEGIBLE ? [] : [svg("text", { x: x + (at + 0.5) * cell, y: y + 11, "text-anchor": "middle", "font-size": 8 }, compact(value))])]);
  const map = find(".map svg").cloneNode(true), lines = order.flatMap((token, index) => [write(LEFT, top(index), tokenName(token)), ...band(LEFT + 60, top(index), "k", keys[token], scales.k),
    write(right + 38, top(index), coarse(dots[token]), "end"), write(right + 84, top(index), fixed(dots[token] / root, 2), "end"),
    svg("rect", { x: right + 92, y: top(index), width: (52 * shares[token]) / shares[order[0]], height: LINE - 1, fill: "#f6b98a" }), write(right + 144, top(index), percent(shares[token]), "end"), ...band(far, top(index), "v", values[token], scales.v)]);
  for (const [name, value] of Object.entries({ x: 10, y: 36, width: 220, height: 220 })) map.setAttribute(name, value);
  const end = top(order.length) + 6, width = far + wide + 10, height = Math.max(end + LINE + 10, 270);
  return paper(width, height, 10.5, svg("text", { x: 10, y: 20, "font-size": 14, "font-weight": 600 }, `Layer ${chosen().layer + 1}, head ${head() + 1}: ${whole(query())} asks`), map,
    write(LEFT, 34, "q"), ...band(LEFT + 60, 34, "q", q, scales.q), write(right + 38, 34, "q·k", "end"), write(right + 84, 34, "÷√d", "end"), write(right + 144, 34, "share", "end"), write(far, 34, "v"),
    ...lines, write(LEFT, end, rest.length ? `and ${rest.length} more tokens` : ""), write(far - 8, end, "output", "end"), ...band(far, end, "v", output, largest([output])));
};
saves(element, { ready: () => now, name: () => `inside-layer${chosen().layer + 1}-head${head() + 1}`, picture: sheet });

/* ---- following the page ---- */
on("nothing", () => {
  version++;
  seen = numbers = now = null;
  find(".answer").setAttribute("aria-busy", "true");
  find(".asks").textContent = "Draw a digit first";
  find(".map").replaceChildren();
  find(".mean").textContent = find(".message").textContent = "";
  element.classList.add("empty");
});

on("reading", ({ whole: complete, model, image, source }) => {
  if (!complete) return;
  seen = { model, image, source };
  if (drawn !== JSON.stringify(model)) layOut(model);
  element.classList.remove("empty");
  find(".asks").textContent = "";
  pointed = now = numbers = null;
  const cells = buildMap(find(".map"), model, image, { role: "group", "aria-label": "Patches: one of them can ask" });
  for (const [patch, cell] of cells.entries()) { cell.setAttribute("tabindex", patch ? -1 : 0); cell.setAttribute("role", "button"); }
  ask();
});

on("chosen", () => { if (numbers) refresh(); });

new IntersectionObserver(() => { if (stale) ask(); }).observe(element);
new ResizeObserver(() => {
  const cell = find(".keys td[data-feature]");
  if (!cell?.clientWidth) return;
  element.classList.toggle("bare", cell.clientWidth < LEGIBLE);
  element.classList.toggle("tight", cell.clientWidth < ROOMY);
}).observe(find(".scroll"));
