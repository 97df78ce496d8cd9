/* Continues why.js: pointing, keys, questions to the server, files, and following the page. */

/* ---- a patch under the pointer is marked in all maps, and told in words ---- */
const pinned = () => (chosen().token ? [chosen().token - 1] : null);
const mark = (pointed) => {
  const patches = pointed ?? pinned();
  for (const holder of Object.values(maps())) for (const [patch, cell] of cellsOf(holder).entries()) {
    const on = Boolean(patches?.includes(patch));
    cell.setAttribute("stroke", on ? "#fff" : "#ffffff40");
    cell.setAttribute("stroke-width", on ? 0.5 : 0.08);
  }
  find(".here").textContent = patches?.length === 1 ? told(patches[0]) : patches ? listed(patches) : "Point at a patch to compare what the maps say of it; click to keep it chosen in every tab.";
};

const told = (patch) => {
  const parts = [];
  if (answer?.map) parts.push(answer.players.includes(patch) ? `worth ${worth(patch)}` : "without ink, so worth nothing");
  if (quick?.maps.attention.values) parts.push(`${(100 * quick.maps.attention.values[patch]).toFixed(1)} % of cls's attention`);
  return `${place(patch + 1, seen.model.grid_size)}: ${parts.join(", ")}.`;
};

element.addEventListener("pointerover", (event) => {
  const cell = event.target.closest?.("rect[data-patch]");
  if (cell && seen) mark([Number(cell.dataset.patch)]);
});
element.addEventListener("pointerout", (event) => { if (seen && event.target.closest?.("rect[data-patch]")) mark(null); });
element.addEventListener("click", (event) => {
  const cell = event.target.closest?.("rect[data-patch]"), token = cell && Number(cell.dataset.patch) + 1;
  if (seen && cell) choose({ token: chosen().token === token ? null : token });
});
element.addEventListener("focusin", (event) => { if (seen && event.target.dataset?.patch) mark([Number(event.target.dataset.patch)]); });
rove(find('[data-map="exact"]'), "rect[data-patch]", () => seen?.model.grid_size);

/* ---- asking: the quick maps first, then the exact answer; an answer to an older question is dropped ---- */
const say = (text) => { find(".message").textContent = text; };

/* What is shown of an older question fades until the new answer is there. */
const busy = (now) => {
  find(".answer").setAttribute("aria-busy", now);
};

const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;

const ask = async () => {
  stale = !inSight();
  if (stale || !seen) return;
  const asking = ++version, question = { ...seen.source, target: chosen().digit };
  const current = () => asking === version;
  answer = null;
  busy(true);
  const slow = setTimeout(sayCalculating, SLOW, current);
  try {
    const found = await call(server.maps, question);
    if (!current()) return;
    if (found.error) return say(found.error);
    quick = found;
    showQuick();
    const full = await exactAnswer(question, current);
    if (!full) return;
    if (full.error) return say(full.error);
    answer = full;
    say("");
    showAnswer();
  } catch { if (current()) say("The server does not answer. Try again in a moment."); }
  finally { clearTimeout(slow); if (current()) { busy(false); find(".progress").hidden = true; if (!answer) find(".verdict").textContent = ""; } }
};

/* Many patches take seconds, of which the server does not say how many have passed; a table of all subsets says it itself. */
const sayCalculating = (current) => {
  if (current() && meaning === "erased") find(".verdict").textContent = `Calculating what each of the ${seen.model.num_patches} patches is worth…`;
};

/* The answer about erased ink comes at once; the one about unseen patches is read in the background. */
const exactAnswer = async (question, current) => {
  if (meaning === "erased") { const found = await call(server.erased, question); return current() ? found : null; }
  find(".verdict").textContent = "Reading with patches missing…";
  for (;;) {
    const found = await call(server.unseen, question);
    if (!current()) return null;
    if (found.done === undefined) return found;
    find(".progress").hidden = false;
    find(".progress .fill").style.transform = `scaleX(${found.done / found.of})`;
    find(".progress .share").textContent = `${found.done.toLocaleString("en")} of ${found.of.toLocaleString("en")}`;
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    if (!current()) return null;
    if (!inSight()) { stale = true; return null; } // nobody waits for it: the table is dropped, and begun anew when the tab is opened again
  }
};

/* ---- the page's parts ---- */
eachClass(find(".digits"), (digit, name) => {
  const input = make("input", { type: "radio", name: "inkling-why", value: digit, "aria-label": `Why ${name}?` });
  input.addEventListener("change", () => choose({ digit: digit === seen?.digit ? null : digit }));
  return { node: make("label", {}, input, make("span", {}, name)) };
});

for (const input of element.querySelectorAll(".meanings input")) input.addEventListener("change", () => { meaning = input.value; ask(); });

find(".methods").replaceChildren(...props.methods.filter(({ quick: now }) => now).map(({ key, title, claim, asks }) => make("div", { class: "card", "data-card": key },
  make("h4", {}, title), make("div", { class: "map", "data-map": `card-${key}` }),
  make("p", {}, make("span", { class: "score" }), " · ", make("span", { class: "cost" })),
  make("p", {}, `${claim}${asks ? "" : " The same for every digit."}`), ...(key === "integrated_gradients" ? [make("p", { class: "gap" })] : []))));

/* ---- files: all maps on one sheet ---- */
const CARD = 40, TOP = 6;
const titles = () => Object.fromEntries(props.methods.map(({ key, title }) => [`card-${key}`, title]));
const sheet = () => {
  const names = { exact: `${asked()}: ${answer.exact ? "exact" : "estimated"}, ${meaning}`, ...titles() };
  const shown = Object.entries(maps()).filter(([key]) => names[key]), columns = 4, pixels = seen.model.image_size;
  const rows = Math.ceil(shown.length / columns), width = columns * CARD, height = rows * (CARD + TOP);
  const parts = shown.map(([key, holder], index) => {
    const map = holder.firstChild.cloneNode(true), x = (index % columns) * CARD + 2, y = Math.floor(index / columns) * (CARD + TOP) + TOP;
    for (const [name, value] of Object.entries({ x, y, width: CARD - 4, height: CARD - 4 })) map.setAttribute(name, value);
    return [svg("text", { x, y: y - 1.5, "font-size": 2.6, "font-family": "system-ui, sans-serif", fill: "#111" }, names[key]), map];
  });
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width: width * 6, height: height * 6, "data-pixels": pixels },
    svg("rect", { width, height, fill: "#fff" }), ...parts.flat());
};
saves(element, { ready: () => answer, first: "Wait for the answer first.", name: () => `why-${asked()}-${meaning}`, picture: sheet });

/* ---- following the page ---- */
on("nothing", () => {
  version++;
  seen = quick = answer = null;
  find(".verdict").textContent = "Draw a digit first";
  for (const holder of Object.values(maps())) holder.replaceChildren();
  for (const part of element.querySelectorAll(".score, .cost, .gap, .claim, .sum, .here, .message")) part.textContent = "";
  find(".sets").replaceChildren();
  find(".progress").hidden = true;
  showQuestion();
});

on("reading", (reading) => {
  if (!reading.whole) return; // a glance, while the pen is down: the answer to what is not finished would come too late
  const { model, image, source, digit } = reading;
  seen = { model, source, digit, image };
  questioned = chosen().digit;
  meaning = "erased"; // what takes seconds is asked for by a click, of each drawing anew
  find('.meanings input[value="erased"]').checked = true;
  find(".looker").textContent = looker();
  layOut();
  mark(null);
  showQuestion();
  stale = true;
  ask();
});


on("chosen", (selection) => {
  if (!seen) return;
  mark(null);
  showQuestion();
  if (selection.digit !== questioned) { questioned = selection.digit; ask(); }
});

new IntersectionObserver(() => { if (stale) ask(); }).observe(element);
