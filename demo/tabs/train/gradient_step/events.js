/* Continues microscope.js: what is pressed, what the page sends, and files. */

const showChoices = () => {
  const count = look.before.probs.length;
  if (find(".digits").children.length !== count || find(".digits").textContent !== look.before.probs.map((_, digit) => named(digit)).join("")) {
    find(".digits").replaceChildren(...Array.from({ length: count }, (_, digit) => {
      const input = make("input", { type: "radio", name: "inkling-microscope-digit", value: digit });
      input.addEventListener("change", () => { label = digit; ask(); });
      return make("label", {}, input, make("span", {}, named(digit)));
    }));
  }
  for (const choice of find(".digits").children) {
    const digit = Number(choice.firstChild.value);
    choice.classList.toggle("read", digit === look.digit);
    choice.firstChild.checked = digit === look.label;
  }
  for (const name of ["undo", "reset"]) find(`[data-do="${name}"]`).disabled = !steps.length;
  find('[data-do="take"]').disabled = steps.length >= props.most;
  tell(".taken", steps.length ? `${steps.length} of at most ${props.most} steps taken on the copy` : "No step taken yet");
};

const actions = {
  take: () => { if (look.after[at].loss === null) return say("After such a step there would be nothing left to read with."); steps = [...steps, { label: look.label, lr: rate(), optimizer: way }]; ask(); },
  undo: () => { steps = steps.slice(0, -1); ask(); },
  reset: () => { steps = []; ask(); },
};
/* While an answer is on its way, what is on the screen is not what a press would be about. */
const settled = () => look && looks.get(wanted) === look;
for (const button of element.querySelectorAll("[data-do]")) button.addEventListener("click", () => { if (settled() || (look && button.dataset.do !== "take")) actions[button.dataset.do](); });
for (const input of element.querySelectorAll(".ways input")) input.addEventListener("change", () => { way = input.value; ask(); });

const later = onceAFrame(() => { if (look) showRate(); });
const choose = (index) => { if (look && index !== at && look.after[index]) { at = index; later(); } };
find(".rate").addEventListener("input", () => choose(Number(find(".rate").value)));
const drag = (event) => {
  if (!look || (event.type === "pointermove" && !event.buttons)) return;
  const box = find(".chart").getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * CHART.width;
  choose(look.rates.reduce((best, _, index) => (Math.abs(across(index) - x) < Math.abs(across(best) - x) ? index : best), 0));
};
for (const type of ["pointerdown", "pointermove"]) find(".chart").addEventListener(type, drag);

find(".parts").addEventListener("click", (event) => {
  const block = event.target.closest("[data-block]")?.dataset.block;
  if (block === undefined) return;
  if (!open.delete(Number(block))) open.add(Number(block));
  showParts();
});

/* ---- files ---- */
const box = (x, y, width, height, fill) => svg("rect", { x, y, width, height, fill });

const digitRow = (share, digit) => {
  const y = 84 + 21 * digit;
  return [write(20, y + 12, named(digit)), box(36, y, 190 * look.before.probs[digit], 5, "#94a3b8"), box(36, y + 6, 190 * share, 9, FALLS), write(234, y + 12, percent(share))];
};

const partRow = (part, index) => {
  const { place } = span(), y = 356 + 20 * index, from = 190 + 4 * place(0), to = 190 + 4 * place(part.alone[at]);
  const underline = hue(part) ? [box(36, y + 14, 7 * title(part).length, 3, getComputedStyle(element).getPropertyValue(`--${hue(part)}`))] : [];
  return [write(inside(part) ? 36 : 20, y + 11, title(part)), ...underline, box(Math.min(from, to), y, Math.abs(to - from), 13, to < from ? RISES : FALLS), box(189 + 4 * place(part.predicted[at]), y - 1, 2, 15, "#111"),
    write(670, y + 11, moved(part), { "text-anchor": "end" }), write(760, y + 11, number(part.gradient), { "text-anchor": "end" })];
};

const sheet = () => {
  const chart = find(".chart svg").cloneNode(true), parts = shownParts(), height = 376 + 20 * parts.length, small = { "font-size": 11 };
  for (const [name, value] of Object.entries({ x: 340, y: 74, width: 440, height: 220, color: "#111" })) chart.setAttribute(name, value);
  const said = verdict().split(/(?<=[.!]) /).map((sentence, index) => write(20, 26 + 20 * index, sentence, { "font-size": 15, "font-weight": 600 }));
  const heads = [write(20, 66, "grey before, orange after", small), write(340, 66, "orange: loss on the drawing; blue: other digits read right", small), write(20, 340, "Which parts did it?", { "font-weight": 600 }),
    write(190, 340, `fall of the loss by this part alone, up to ${number(span().high)}; line: as the slope promised`, small), write(670, 340, "moved by", { ...small, "text-anchor": "end" }), write(760, 340, "gradient", { ...small, "text-anchor": "end" })];
  return paper(800, height, 12.5, ...said, ...heads, ...look.after[at].probs.flatMap(digitRow), chart, ...parts.flatMap(partRow));
};
saves(element, { ready: () => look, name: () => `one-step-${named(look.label)}`, picture: sheet });

/* ---- following the page: a new drawing, or another model, begins anew ---- */
const anew = (reading) => {
  seen = reading;
  looks.clear();
  label = null;
  steps = [];
};

on("nothing", () => {
  anew(null);
  look = null;
  reveal(false);
  busy(false);
  tell(".verdict", "Draw a digit first.");
});

on("reading", (reading) => {
  if (!reading.whole) return;
  anew(reading);
  ask();
});

new IntersectionObserver(([entry]) => {
  inSight = entry.isIntersecting;
  if (inSight && seen && !settled()) ask();
}).observe(element);
