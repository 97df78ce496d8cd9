const { called, oneOf, looker, eachClass, on, chosen, choose, make, svg, unpack, place, buildMap, colourCells, call, rove, saves } = window.inkling;
const find = (selector) => element.querySelector(selector);
const AGAIN = 300;          // milliseconds between two looks at a table that is being read
const SLOW = 400;           // milliseconds after which the page says that it calculates
const NUMBERS_UP_TO = 4;    // patches a side, beyond which numbers would not fit into the cells
const UNITS = "log-odds";

let seen = null;            // the reading that is explained
let questioned = null;      // the digit that the answer in sight is about, null for the one that was read
let meaning = "erased", quick = null, answer = null, version = 0, stale = true;

/* ---- one map: the digit with a colour on each patch ---- */
const layOutMap = (holder, focusable) => {
  const cells = buildMap(holder, seen.model, seen.image, focusable ? { role: "group" } : { "aria-hidden": "true" });
  if (!focusable) return;
  for (const [patch, cell] of cells.entries()) { cell.setAttribute("tabindex", patch ? -1 : 0); cell.setAttribute("role", "img"); }
  holder.firstChild.append(svg("g", { "font-family": "system-ui, sans-serif", "font-size": 1.9, fill: "#fff", stroke: "#000", "stroke-width": 0.45, "paint-order": "stroke", "text-anchor": "middle", "pointer-events": "none" }));
};

const cellsOf = (holder) => [...holder.querySelectorAll("rect[data-patch]")];

/* All log-odds of one answer are rounded alike: exact ones to a tenth, estimates, which have an error, to a hundredth. */
const decimals = () => (answer?.exact === false ? 2 : 1);
const signed = (value, digits = decimals()) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
const rounded = (value) => Number(value.toFixed(decimals()));

/* What a patch is worth; an estimate comes with its standard error. */
const worth = (patch) => (answer.errors && answer.players.includes(patch) ? `${signed(answer.map[patch])} ± ${answer.errors[patch].toFixed(2)}` : signed(answer.map[patch]));

const decimal = (value) => value.toFixed(2).replace("-", "−");

/* The exact map has its numbers written into its cells, where they fit. */
const number = (holder, values) => {
  const { grid_size: side, patch_size: size } = seen.model;
  for (const [patch, cell] of cellsOf(holder).entries()) cell.setAttribute("aria-label", `${place(patch + 1, side)}: ${worth(patch)} ${UNITS}`);
  const written = side > NUMBERS_UP_TO ? [] : [...values].flatMap((value, patch) => (Math.abs(value) < 0.05 ? [] : [svg("text", {
    x: ((patch % side) + 0.5) * size, y: (Math.floor(patch / side) + 0.94) * size }, signed(value))]));
  holder.querySelector("g").replaceChildren(...written);
};

/* ---- what is shown ---- */
const maps = () => Object.fromEntries([...element.querySelectorAll("[data-map]")].map((holder) => [holder.dataset.map, holder]));

const layOut = () => {
  for (const [key, holder] of Object.entries(maps())) layOutMap(holder, key === "exact");
};

const asked = () => chosen().digit ?? seen.digit;

const showQuestion = () => {
  for (const [digit, label] of [...find(".digits").children].entries()) {
    label.classList.toggle("predicted", digit === seen?.digit);
    label.querySelector("input").checked = Boolean(seen) && digit === asked();
  }
};

const showQuick = () => {
  for (const [key, { map, ms }] of Object.entries(quick.maps)) {
    const values = unpack(map).data;
    quick.maps[key].values = values;
    colourCells(cellsOf(maps()[`card-${key}`]), values);
    if (key === "attention") colourCells(cellsOf(maps().attention), values);
    find(`[data-card="${key}"] .cost`).textContent = `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
  }
  find(".gap").textContent = gapOf(quick.maps.integrated_gradients.values, quick.gap);
};

/* Integrated gradients should add up to what the drawing gains over a blank sheet; what they lack comes from their steps. */
const gapOf = (values, gap) => {
  const sum = values.reduce((all, value) => all + value, 0);
  return gap === null ? "" : `Adds up to ${decimal(sum)} ${UNITS}; it should be ${decimal(sum + gap)}, a gap of ${decimal(Math.abs(gap))}.`;
};

const scoreOf = (score) => (score.deletion === null ? null : (score.deletion + score.insertion) / 2);

const showAnswer = () => {
  const values = unpack(answer.values).data;
  answer.map = values;
  answer.errors = answer.error_bars && unpack(answer.error_bars).data;
  colourCells(cellsOf(maps().exact), values);
  number(maps().exact, values);
  find(".title").textContent = `What ${asked() === answer.predicted ? "made it" : "speaks for"} ${oneOf(asked())}${answer.exact ? "" : " (estimated)"}`;
  find(".claim").textContent = props.methods.find(({ meaning: missing }) => missing === answer.meaning).claim;
  find(".sum").textContent = `The patches add up to ${signed(rounded(answer.all) - rounded(answer.none))}: from ${signed(answer.none)} with none to ${signed(answer.all)} with all. `
    + `${answer.readings.toLocaleString("en")} readings, ${answer.ms} ms. ${UNITS[0].toUpperCase()}${UNITS.slice(1)}; orange speaks for it, blue against.`
    + (answer.exact ? "" : " ± is the standard error: how far such an estimate is typically off.");
  find(".scored").hidden = !answer.exact;
  find(".unscored").hidden = answer.exact;
  find(".many").textContent = answer.players.length;
  find(".verdict").textContent = answer.verdict.text;
  outline();
  for (const [key, score] of Object.entries(answer.scores)) showScore(key, score);
  showSets();
};

const showScore = (key, score) => {
  const number = scoreOf(score), line = find(`[data-card="${key}"] .score`);
  line.textContent = number === null ? (score.rank === null ? "no score here" : `rank agreement ${decimal(score.rank)}`) : `score ${decimal(number)}`;
  line.title = number === null ? "" : `deletion ${decimal(score.deletion)}, insertion ${decimal(score.insertion)}`;
};

/* The two patches that the sentence names are outlined in both large maps: dashed where attention is strongest. */
const outline = () => {
  const { attention, value } = answer.verdict, { grid_size: side, patch_size: size } = seen.model;
  for (const holder of [maps().exact, maps().attention]) {
    const frames = [[attention, "1 0.7"], [value, "none"]].filter(([patch]) => patch !== null).map(([patch, dashes]) => svg("rect", {
      class: "top", x: (patch % side) * size + 0.4, y: Math.floor(patch / side) * size + 0.4, width: size - 0.8, height: size - 0.8,
      fill: "none", stroke: "#fff", "stroke-width": 0.4, "stroke-dasharray": dashes, "pointer-events": "none" }));
    for (const old of holder.querySelectorAll(".top")) old.remove();
    holder.firstChild.append(...frames);
  }
};

/* ---- the patches that decide ---- */
const listed = (patches) => patches.map((patch) => place(patch + 1, seen.model.grid_size)).join("; ");

const sentences = ({ suffices, flips, pair }) => {
  const digit = asked(), gone = meaning === "erased" ? "erased" : "unseen", found = [];
  if (suffices?.length) found.push([suffices, `${suffices.length === 1 ? "This patch alone is" : `These ${suffices.length} patches alone are`} enough for ${called(digit)}`]);
  else if (suffices) found.push([[], `No patch is needed: with all ${gone} the model says ${called(digit)} as well`]);
  if (flips?.length) found.push([flips, `With ${flips.length === 1 ? "this one" : `these ${flips.length}`} ${gone} it is no longer ${called(digit)}`]);
  if (pair) found.push([pair.patches, pair.strength > 0 ? `These two need each other most (${signed(pair.strength)})` : `These two can best stand in for each other (${signed(pair.strength)})`]);
  return found;
};

const showSets = () => {
  find(".sets").replaceChildren(...(answer.sets ? sentences(answer.sets) : []).map(([patches, text]) => {
    if (!patches.length) return make("li", {}, `${text}.`);
    const button = make("button", { type: "button", title: listed(patches) }, `${text}.`);
    for (const [event, set] of [["pointerenter", patches], ["focus", patches], ["pointerleave", null], ["blur", null]]) button.addEventListener(event, () => mark(set));
    return make("li", {}, button);
  }));
};
