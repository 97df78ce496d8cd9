/* What all parts of this view share; microscope.PART.js go on in the same scope. */
const { on, make, svg, percent, call, saves, paper, write, onceAFrame } = window.inkling;
const find = (selector) => element.querySelector(selector);
const FALLS = "#ef7d1a", RISES = "#2f7de1", FONT = "system-ui, sans-serif";
const USUAL = { sgd: 0.1, adam: 0.003 }; // where the slider begins

let seen = null, look = null, at = 0; // the page's reading; the server's answer; the index of the chosen rate
let label = null, way = "sgd", steps = []; // the right digit, null for the one that was read; the steps that were taken
let wanted = "", asking = false, inSight = false;
const looks = new Map(); // answers for this drawing and this model, by what was asked: undo costs no request

/* Status lines are read aloud whenever they are written, so they are written only when they change. */
const tell = (selector, text) => { if (find(selector).textContent !== text) find(selector).textContent = text; };
const say = (text) => tell(".message", text);
const number = (value, digits = 2) => (value === null ? "no number" : value && Math.abs(value) < 0.001 ? `${value < 0 ? "−" : ""}<0.001` : String(Number(value.toPrecision(digits))));
const rate = () => look.rates[at];
/* What the model calls a class. */
const named = (digit) => seen?.model.names?.[digit] ?? String(digit);

/* ---- asking: one request at a time; when it is answered, the newest question is next ---- */
const question = () => JSON.stringify({ label, optimizer: way, steps });

const ask = async () => {
  wanted = question();
  if (!seen || !inSight) return;
  if (looks.has(wanted)) { busy(false); return show(looks.get(wanted)); }
  busy(true);
  if (!look) tell(".verdict", "Taking a first step …");
  if (asking) return;
  asking = true;
  const asked = wanted, source = seen.source;
  let failed = "";
  try {
    const answer = await call(server.look, { ...source, ...JSON.parse(asked) });
    if (answer.error) failed = answer.error;
    else if (seen?.source === source) looks.set(asked, answer);
  } catch { failed = "The server does not answer. Try again in a moment."; }
  asking = false;
  if (seen?.source !== source || asked !== wanted) return ask();
  if (!failed) return ask();
  busy(false);
  if (!look) tell(".verdict", "");
  say(failed);
};

const reveal = (is) => { for (const part of element.querySelectorAll("[data-when]")) part.hidden = !is; };
const busy = (is) => { for (const selector of [".columns", ".who"]) find(selector).setAttribute("aria-busy", is); };

/* ---- what is seen, at the chosen rate ---- */
const show = (answer) => {
  const other = look?.rates.join() !== answer.rates.join();
  look = answer;
  reveal(true);
  if (other) at = look.rates.reduce((best, value, index) => (Math.abs(Math.log(value / USUAL[way])) < Math.abs(Math.log(look.rates[best] / USUAL[way])) ? index : best), 0);
  say("");
  showChoices();
  drawChart();
  showRate();
};

/* All that depends on the rate; moving it asks for nothing. */
const showRate = () => {
  const now = look.after[at];
  find(".rate").value = at;
  find(".rate").setAttribute("aria-valuetext", `learning rate ${rate()}, loss ${number(now.loss, 3)}`);
  bars().forEach(({ item, was, is, share }, digit) => {
    item.classList.toggle("meant", digit === look.label);
    was.style.transform = `scaleX(${look.before.probs[digit]})`;
    is.style.transform = `scaleX(${now.probs[digit]})`;
    share.textContent = percent(now.probs[digit]);
  });
  tell(".verdict", verdict());
  tell(".detail", detail());
  showCursor();
  showParts();
};

let rows = [];
const bars = () => {
  if (rows.map(({ item }) => item.firstChild.textContent).join() === look.before.probs.map((_, digit) => named(digit)).join()) return rows;
  rows = look.before.probs.map((_, digit) => {
    const was = make("div", { class: "fill was" }), is = make("div", { class: "fill is" }), share = make("span", { class: "share" });
    return { item: make("li", {}, make("span", {}, named(digit)), make("div", { class: "track" }, was, is), share), was, is, share };
  });
  find(".bars").replaceChildren(...rows.map(({ item }) => item));
  return rows;
};

/* ---- in words ---- */
const an = (digit) => (named(digit).length > 1 ? named(digit) : `${named(digit) === "8" ? "an" : "a"} ${named(digit)}`);

const verdict = () => {
  const before = look.before.probs[look.label], after = look.after[at].probs[look.label], fall = look.before.loss - look.after[at].loss;
  if (look.after[at].loss === null) return "This step is so long that the model gives no number any more.";
  if (look.before.loss < 0.01 && fall >= 0) return steps.length ? `The copy is ${percent(before)} sure of ${named(look.label)} now: there is next to nothing left to learn.` : `The model is ${percent(before)} sure of ${named(look.label)} already: there is next to nothing to learn here. Say that it should be another digit.`;
  if (fall < 0) return `Too far! The step overshoots, and the loss rises from ${number(look.before.loss, 3)} to ${number(look.after[at].loss, 3)}.`;
  if (percent(after) === percent(before)) return `The right way, but not far: with this step the model is still ${percent(before)} sure of ${named(look.label)}.`;
  return `With this step the model is ${percent(after)} sure that this is ${an(look.label)}, from ${percent(before)}.`;
};

const detail = () => {
  const now = look.after[at], fall = look.before.loss - now.loss, others = look.others;
  const told = [`Loss ${number(look.before.loss, 3)} → ${number(now.loss, 3)}.`];
  const most = outermost().reduce((best, part) => (part.alone[at] > best.alone[at] ? part : best));
  const who = `${most.name === "block" ? "" : "The "}${most.name === "block" ? title(most) : most.name} alone would bring`;
  if (fall > 0.001 && most.alone[at] > 0) told.push(most.alone[at] >= fall ? `${who} all of this fall.` : `${who} ${Math.round((100 * most.alone[at]) / fall)} % of this fall, more than any other part.`);
  if (others) told.push(`Of ${others.of} other digits the model then reads ${others.after[at]} right${others.after[at] === others.before ? ", as before" : `, instead of ${others.before}`}.`);
  return told.join(" ");
};
