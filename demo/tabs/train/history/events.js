/* Continues runs.js: what is asked of the server, and when. */
const OFTEN = 2000; // milliseconds between two looks at the list while one of them trains

const attempt = async (ask, payload) => {
  try {
    const answer = await call(ask, payload);
    find(".message").textContent = answer.error ?? "";
    return answer.error ? null : answer;
  } catch {
    find(".message").textContent = "The server does not answer. Try again in a moment.";
    return null;
  }
};

/* One request at a time; whoever asks meanwhile gets one more look, so that the end of a training is not missed. */
let asking = false, again = false;
const refresh = async () => {
  if (asking) { again = true; return; }
  if (!mine.length) return show();
  asking = true;
  const ids = mine.map(({ id }) => id), answer = await attempt(server.list, { jobs: ids });
  asking = false;
  if (answer) heard(ids, answer.runs);
  if (again) { again = false; refresh(); }
};

const heard = (ids, runs) => {
  told = new Map(runs.map((run, at) => [ids[at], run]));
  mine = mine.filter(({ id }) => told.get(id) !== null); // what the server no longer keeps is gone
  compared = compared.filter((id) => told.get(id)?.can_use);
  keep();
  show();
};

/* The page hears of the training that runs more often than the list asks, and shows that at once. */
const HEARD = ["state", "message", "step", "steps", "epoch", "epochs", "can_use", "train", "val"];
const follow = (view) => {
  const known = told.get(view.id);
  if (!known) return;
  told.set(view.id, { ...known, ...Object.fromEntries(HEARD.map((name) => [name, view[name]])) });
  show();
};

const forget = async (own) => {
  if (!(await attempt(server.forget, { job: own.id }))) return;
  mine = mine.filter((run) => run !== own);
  compared = compared.filter((id) => id !== own.id);
  told.delete(own.id);
  keep();
  show();
  showSide();
};

const save = async (own) => {
  const file = await attempt(server.checkpoint, { job: own.id });
  if (file) download(`${own.name.replace(/[^\w-]+/g, "-")}.safetensors`, file.type, file.data);
};

/* Two at most; a third takes the place of the older one. */
const choose = (id, wanted) => {
  compared = wanted ? [...compared.filter((other) => other !== id), id].slice(-2) : compared.filter((other) => other !== id);
  show();
  showSide();
};

let version = 0;
const showSide = async () => {
  find(".side").hidden = compared.length < 2 || !seen;
  if (compared.length < 2 || !seen || !sight) return;
  const asked = ++version, ids = [...compared], of = seen;
  const answer = await attempt(server.compare, { ...seen.source, models: ids });
  if (!answer || asked !== version) return;
  find(".pair").replaceChildren(...answer.read.map((read, at) => reading(read, mine.find(({ id }) => id === ids[at])?.name ?? "", of)));
};

const reading = ({ probs, digit, names, looks }, name, { image }) => {
  const bars = make("ol", { class: "bars", "aria-label": "Probability of each class" }, ...probs.map((share, at) => {
    const fill = make("div", { class: "fill" });
    fill.style.transform = `scaleX(${share})`;
    return make("li", { class: at === digit ? "best" : "" }, make("span", {}, names[at]), make("div", { class: "track" }, fill), make("span", {}, percent(share)));
  }));
  const map = make("div", { class: "map" });
  colourLooks(map, image, unpack(looks));
  return make("div", {}, make("h5", {}, `${name} reads ${names[digit]}`), bars, map);
};

restore();
show();
on("reading", (reading) => { if (reading.whole) { seen = reading; showSide(); } });
let last = "";
on("training", (view) => {
  follow(view);
  const now = `${view.id} ${view.state} ${view.val.length}`;
  if (now === last) return;
  last = now;
  take(view);
  refresh();
});
new IntersectionObserver(([entry]) => { sight = entry.isIntersecting; if (sight) { refresh(); showSide(); } }).observe(element);
setInterval(() => { if (!document.hidden && mine.some(({ id }) => !told.get(id) || !["done", "stopped", "failed"].includes(told.get(id).state))) refresh(); }, OFTEN);
