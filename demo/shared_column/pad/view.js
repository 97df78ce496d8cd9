const { emit, make, unpack, paint, call } = window.inkling;
const SIDE = 280;            // units of the sheet; strokes are kept in these, whatever size the screen shows
const PEN = 20, ERASER = 12; // a line's width and the eraser's reach; the model sees MNIST's own pen width anyway
const FINEST = 1;            // units between two kept points
const PAUSE = 100;           // milliseconds between two readings while the pen moves
const RETRY = 1500;          // milliseconds before an unanswered reading is asked for again
const KEPT = { sheet: "inkling-sheet", reader: "inkling-reader" }; // what a reload finds again

const find = (selector) => element.querySelector(selector);
const canvas = find(".sheet canvas"), context = canvas.getContext("2d");
const buttons = Object.fromEntries([...element.querySelectorAll("[data-do]")].map((button) => [button.dataset.do, button]));

/* The sheet is never changed in place, so undo is a list of the sheets before this one. A sheet holds strokes, each
   a list of [x, y, milliseconds, pressure], or an MNIST digit as { index, label, image }. `example`: the strokes are an
   example's, as it came, which the first stroke replaces. */
let sheet = { strokes: [], sample: null };
let past = [], future = [];
let tool = "pen", pointer = null, stroke = null, before = null, rubbed = null, origin = 0;
let reader = { model: props.models[0].token, own: null }; // tokens: of what reads, and of the visitor's own model
let notice = ""; // what must be said with the next readings, until the sheet changes

const inked = () => (stroke ? [...sheet.strokes, stroke] : sheet.strokes);
const blank = () => !sheet.sample && inked().length === 0;

/* Waits, or goes on at once when `hurry` is called. */
let hurry = () => {};
const wait = (milliseconds) => new Promise((resolve) => { hurry = resolve; setTimeout(resolve, milliseconds); });

/* ---- reading: one request at a time, always of the latest sheet ---- */
let version = 0, answered = -1, blankedAt = -1, asking = false;

const changed = () => { version++; notice = ""; if (blank()) blankedAt = version; show(); ask(); };

const ask = async () => {
  if (asking) return;
  asking = true;
  element.setAttribute("aria-busy", "true");
  while (answered !== version) {
    const asked = version, started = performance.now();
    if (blank()) nothing("");
    else if (!(await request(asked))) { await wait(RETRY); continue; }
    answered = asked;
    if (pointer !== null) await wait(PAUSE - (performance.now() - started));
  }
  asking = false;
  element.setAttribute("aria-busy", "false");
};

/* Returns whether the server answered; an answer to a sheet that has been cleared since is dropped. */
const request = async (asked) => {
  const { sample } = sheet;
  const source = { ...(sample ? { sample: sample.index } : { strokes: inked() }), model: reader.model };
  const whole = pointer === null;
  let answer;
  try {
    answer = await call(server.read, { ...source, whole });
  } catch {
    say("The server does not answer. Your drawing is kept; trying again.", true);
    return false;
  }
  if (asked <= blankedAt) return true;
  if (answer.expired) forgetOwn(answer.error);
  else if (!answer.error) accept(answer, source, sample);
  else if (whole) nothing(answer.error, true); // while the pen is down, a first dot is no mistake
  return true;
};

const accept = (answer, source, sample) => {
  say(notice || (sample ? `MNIST test digit ${sample.index}; its writer meant a ${sample.label}.` : ""));
  name(answer.model.summary);
  emit("reading", { ...answer, source, label: sample?.label ?? null, image: unpack(answer.image) });
};

const nothing = (reason, wrong = false) => { say(reason, wrong); emit("nothing", { reason }); };

const say = (text, wrong = false) => {
  find(".message").textContent = text;
  find(".message").classList.toggle("wrong", wrong);
};

/* ---- which model reads ---- */
const useModel = (model, own = reader.own) => {
  if (model === reader.model && own === reader.own) return;
  reader = { model, own };
  keep("reader", reader);
  offer();
  version++;
  ask();
};

const useShipped = (model) => { useModel(model); trigger("shipped"); };
const useOwn = (model) => { useModel(model); trigger("own", { model }); };

/* The visitor's own model is gone from the server; what is on the sheet is read again, without it. */
const forgetOwn = (reason) => {
  notice = reason;
  version++;
  useModel(reader.model === reader.own ? props.models[0].token : reader.model, null);
  trigger("shipped");
};

/* One shipped model and none of the visitor's own leave nothing to choose. */
const offer = () => {
  const own = reader.own && { token: reader.own, label: "Your model", title: "The model that you trained here", summary: "the model you trained." };
  const offered = own ? [...props.models, own] : props.models;
  const group = find(".models");
  group.hidden = offered.length < 2;
  if (group.querySelectorAll("input").length !== offered.length) {
    for (const old of group.querySelectorAll("label")) old.remove();
    group.append(...offered.map((model) => choice(model, model === own ? useOwn : useShipped)));
  }
  for (const [index, input] of [...group.querySelectorAll("input")].entries()) {
    input.value = offered[index].token;
    input.checked = input.value === reader.model;
  }
  name(offered.find(({ token }) => token === reader.model).summary);
};

const name = (summary) => { find(".name").textContent = find(".models").hidden ? `Read by ${summary}` : summary; };

const choice = ({ label, title }, use) => {
  const input = make("input", { type: "radio", name: "inkling-reader" });
  input.addEventListener("change", () => use(input.value));
  return make("label", { title }, input, make("span", {}, label));
};

/* ---- the sheet ---- */
const put = (next) => { past.push(sheet); future = []; sheet = next; keep("sheet", sheet); changed(); };

const keep = (what, value) => { try { sessionStorage.setItem(KEPT[what], JSON.stringify(value)); } catch { /* blocked or full */ } };

/* What was kept, as `check` makes it out; null if there is nothing that can be used. */
const kept = (what, check) => { try { return check(JSON.parse(sessionStorage.getItem(KEPT[what]))); } catch { return null; } };

/* The page never opens with an empty sheet, nor with a model that no longer ships. */
const keptSheet = ({ strokes, sample, example }) => (strokes.length || sample ? { strokes, sample, example } : null);
const ships = (model) => props.models.some(({ token }) => token === model);
const keptReader = ({ model, own: kept }) => {
  const own = typeof kept === "string" && kept ? kept : null;
  return ships(model) || (own && model === own) ? { model, own } : null;
};

const step = (from, to) => {
  if (!from.length) return;
  to.push(sheet);
  sheet = from.pop();
  keep("sheet", sheet);
  changed();
};

const actions = {
  undo: () => step(past, future),
  redo: () => step(future, past),
  clear: () => { if (!blank()) put({ strokes: [], sample: null }); },
};
