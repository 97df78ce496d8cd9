const { on, chosen, choose, make, svg, unpack, paint, place, percent, call, buildMap, digitColour, rove, onceAFrame, player, saves, called, eachClass } = window.inkling;
const find = (selector) => element.querySelector(selector);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const SKY = 400;        // units of the map's side
const A_BLOCK = 1000, REST = 500; // milliseconds that a block takes while it plays, and in which nothing moves after it
const SLOW = 800;       // milliseconds after which a visitor is told what takes so long
const REACH = 9;        // units from the pointer within which a dot is meant

let seen = null, says = null, path = null; // the page's reading; what tokens say (L + 1, N, K); the way of cls
let atlas = null, pictures = null;         // the map, kept as long as the model reads; the shipped digits' pictures
let at = 0;                                // where the slider is: 0 before the first block, L after the last
let hovered = null, layer = null, version = 0, stale = true;

const depth = () => seen.model.depth;
const step = () => Math.round(at);
const token = () => hovered ?? chosen().token ?? 0;
const asked = () => chosen().digit ?? seen.digit;
const when = () => (step() ? `After layer ${step()} of ${depth()}` : "Before the first layer");

/* The probabilities of a token at the step that is shown. */
const row = (of) => { const [, tokens, classes] = says.shape, start = (step() * tokens + of) * classes; return says.data.subarray(start, start + classes); };
const best = (shares) => shares.reduce((found, share, digit) => (share > shares[found] ? digit : found), 0);
const answering = () => (seen.model.pool === "mean" ? "the mean of the patches" : "cls");
const name = (of) => (of ? place(of, seen.model.grid_size) : answering());

/* ---- the two maps of the patches ---- */
const cells = {}, glyphs = [];

const layOut = () => {
  const { patch_size: size, grid_size: side } = seen.model;
  find(".pooled").hidden = seen.model.pool !== "mean";
  for (const key of ["says", "strength"]) {
    cells[key] = buildMap(find(`[data-map="${key}"]`), seen.model, seen.image);
    for (const [patch, cell] of cells[key].entries()) {
      for (const [attribute, value] of Object.entries({ fill: "transparent", role: "button", tabindex: patch ? -1 : 0 })) cell.setAttribute(attribute, value);
    }
  }
  const drawn = find('[data-map="says"] svg');
  drawn.querySelector("image").setAttribute("opacity", 0.45);
  drawn.prepend(svg("path", { d: `M0 0h${seen.model.image_size}v${seen.model.image_size}H0z`, fill: "#000" })); // the ground, which a file has no style for
  glyphs.splice(0, glyphs.length, ...cells.says.map((_, patch) => svg("text", { x: (patch % side + 0.5) * size, y: (Math.floor(patch / side) + 0.5) * size,
    "text-anchor": "middle", "dominant-baseline": "central", "font-family": "system-ui, sans-serif", "paint-order": "stroke", "stroke-linejoin": "round", "pointer-events": "none" })));
  drawn.append(...glyphs);
};

const showPatches = () => {
  const size = seen.model.patch_size, digit = asked();
  glyphs.forEach((glyph, patch) => {
    const shares = row(patch + 1), said = best(shares), sure = shares[said];
    glyph.textContent = called(said);
    for (const [attribute, value] of Object.entries({ fill: digitColour(said), "font-size": (size * (0.42 + 0.42 * sure)) / Math.max(1, called(said).length / 2), "font-weight": 400 + 100 * Math.round(4 * sure),
      opacity: 0.35 + 0.65 * sure, stroke: "#000", "stroke-width": 0.1 * size })) glyph.setAttribute(attribute, value);
    for (const [key, cell] of [["says", cells.says[patch]], ["strength", cells.strength[patch]]]) {
      cell.setAttribute("aria-label", key === "says" ? `${name(patch + 1)} says ${called(said)}, ${percent(sure)}` : `${name(patch + 1)} says ${called(digit)}: ${percent(shares[digit])}`);
      cell.setAttribute("stroke", token() === patch + 1 ? "#fff" : "#ffffff40");
      cell.setAttribute("stroke-width", token() === patch + 1 ? 0.4 : 0.08);
    }
    cells.strength[patch].setAttribute("fill", `rgb(255 140 26 / ${0.85 * shares[digit]})`);
  });
  find(".asked").textContent = `How strongly each says ${called(digit)}`;
  for (const input of element.querySelectorAll(".digits input")) input.checked = Number(input.value) === digit;
};

/* ---- one token's bars, one a class ---- */
const bars = eachClass(find(".bars"), (digit, name) => {
  const fill = make("div", { class: "fill" }), share = make("span", { class: "share" });
  return { node: make("li", {}, make("span", {}, name), make("div", { class: "track" }, fill), share), fill, share };
});

const showBars = () => {
  const shares = row(token()), said = best(shares);
  find(".who").textContent = `${token() ? name(token()) : seen.model.pool === "mean" ? "The mean of the patches" : "The cls token"} says ${called(said)}`;
  find(".release").disabled = !chosen().token;
  bars.forEach(({ node, fill, share }, digit) => {
    fill.style.transform = `scaleX(${shares[digit]})`;
    share.textContent = percent(shares[digit]);
    node.classList.toggle("best", digit === said);
  });
};

const showVerdict = () => {
  const shares = row(0), said = best(shares), count = seen.model.num_patches;
  const agree = Array.from({ length: count }, (_, patch) => best(row(patch + 1))).filter((digit) => digit === said).length;
  const cls = `${when()}, ${answering()} says ${called(said)} (${percent(shares[said])})`;
  const others = agree === count ? `and so do all ${count} patches` : agree ? `and so ${agree === 1 ? "does" : "do"} ${agree} of ${count} patches` : "and no patch does";
  find(".verdict").textContent = step() ? `${cls}, ${others}.` : `${cls}: it is the same for every drawing, for it has not looked yet.`;
};
