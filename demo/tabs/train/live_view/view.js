const { on, make, svg, unpack, paint, percent, diverging, call, colourMap, gridOf, colourLooks, player, saves, paper, write } = window.inkling;
const find = (selector) => element.querySelector(selector);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const OFTEN = 220;      // milliseconds between two looks at a training that runs
const ENDED = ["done", "stopped", "failed"];

let seen = null;        // the page's reading: the drawing, and where it came from
let job = null;         // the training as it was last told
let strip = null;       // the test digits that are read along: { of: job, images, labels }
let frame = null;       // what is shown: how one moment read the drawing
let sight = false, asking = false, again = false;

/* Whoever presses Start wants to see what it does; after a reload nothing moves by itself. */
let pressed = false;
document.addEventListener("click", ({ target }) => { if (target.closest?.("#training-buttons button.primary")) pressed = true; });
const comeIntoView = () => {
  if (!pressed) return;
  pressed = false;
  document.querySelector("#training")?.scrollIntoView({ block: "start", behavior: still.matches ? "auto" : "smooth" });
};

const best = (shares) => shares.reduce((found, share, digit) => (share > shares[found] ? digit : found), 0);
const live = () => job !== null && !ENDED.includes(job.state) && !job.paused;

/* ---- what one moment reads ---- */
/* The classes are those that the training learns, whatever the page's model reads. */
let bars = [];
const named = (label) => job.names[label];

const layBars = () => {
  bars = job.names.map((name, digit) => {
    const fill = make("div", { class: "fill" }), share = make("span", { class: "share" });
    const row = make("li", { "data-digit": digit }, make("span", {}, name), make("div", { class: "track" }, fill), share);
    return { row, fill, share };
  });
  find(".bars").replaceChildren(...bars.map(({ row }) => row));
  find(".digits").replaceChildren(...job.names.map(choice));
};

const showBars = ({ probs }) => {
  const said = best(probs);
  bars.forEach(({ row, fill, share }, digit) => {
    fill.style.transform = `scaleX(${probs[digit]})`;
    share.textContent = percent(probs[digit]);
    row.classList.toggle("best", digit === said);
  });
};

const showStrip = (read) => {
  const labels = strip?.of === job?.id ? strip.labels : [];
  const right = labels.filter((label, at) => read[at] === label).length;
  find(".score").textContent = labels.length ? `${right} of ${labels.length} right` : "";
  for (const [at, figure] of [...find(".strip").children].entries()) {
    const good = read[at] === labels[at];
    figure.className = good ? "right" : "wrong";
    figure.querySelector("figcaption").textContent = `${good ? "✓" : "✗"} ${named(read[at])}`;
  }
};

/* Each pattern as a tile of its own; the strongest of all is as bright as can be, so that growing can be seen. */
const showPatterns = ({ patterns }) => {
  const { shape: [count, pixels], data } = patterns, side = Math.round(Math.sqrt(pixels));
  const most = data.reduce((found, value) => Math.max(found, Math.abs(value)), 1e-6);
  find(".patterns").replaceChildren(...Array.from({ length: count }, (_, at) => svg("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true", "shape-rendering": "crispEdges" },
    ...Array.from({ length: pixels }, (_, pixel) => svg("rect", { x: pixel % side, y: Math.floor(pixel / side), width: 1, height: 1, style: `fill: ${diverging(data[at * pixels + pixel] / most)}` })))));
};

/* For every patch a small map of how alike its position is to all others, laid out as the patches are. */
const showAlike = ({ alike }) => {
  find(".places").hidden = !alike;
  if (!alike) return;
  const count = alike.shape[0], side = Math.round(Math.sqrt(count - 1)), gap = 0.6, step = side + gap;
  const rects = [];
  for (let query = 1; query < count; query++) {
    const left = ((query - 1) % side) * step, top = Math.floor((query - 1) / side) * step;
    for (let key = 1; key < count; key++) rects.push(svg("rect", { x: left + ((key - 1) % side), y: top + Math.floor((key - 1) / side), width: 1, height: 1,
      style: `fill: ${diverging(2 * alike.data[query * count + key] - 1)}` }));
  }
  find(".alike").replaceChildren(svg("svg", { viewBox: `0 0 ${side * step - gap} ${side * step - gap}`, "aria-hidden": "true", "shape-rendering": "crispEdges" }, ...rects));
};

const DRAWN = ["looks", "patterns", "alike"]; // packed arrays of a frame

const opened = (packed) => {
  const open = { ...packed };
  for (const name of [...DRAWN, "relevance", "occlusion"]) if (open[name]) open[name] = unpack(open[name]);
  return open;
};

const show = (moment) => {
  frame = moment;
  find(".view").hidden = false;
  showBars(moment);
  colourLooks(find(".looks"), seen.image, moment.looks);
  showStrip(moment.strip);
  showPatterns(moment);
  showAlike(moment);
  showReasons(moment);
};

const tell = (selector, text) => { if (find(selector).textContent !== text) find(selector).textContent = text; };

const verdict = ({ probs, step }) => {
  const said = best(probs), sure = percent(probs[said]);
  tell(".verdict", step ? `After ${step.toLocaleString("en")} ${step === 1 ? "step" : "steps"} it reads your drawing as ${named(said)}, ${sure} sure.` : `Before the first step it guesses ${named(said)}, ${sure} sure.`);
};

/* ---- looking on: one request at a time, and only while somebody can see it ---- */
const source = () => ({ ...seen.source, job: job.id });

const look = async () => {
  if (asking) { again = true; return; }
  asking = true;
  do {
    again = false;
    const started = performance.now(), of = seen;
    if (!sight || !seen || !job || document.hidden) break;
    try {
      await fetchStrip();
      const answer = await call(server.now, source());
      find(".message").textContent = answer.error ?? "";
      if (answer.view && answer.view.id === job.id) job = answer.view;
      if (answer.frame && of === seen) { show(opened(answer.frame)); verdict(answer.frame); }
    } catch { find(".message").textContent = "The server does not answer. Trying again."; }
    if (live()) { await new Promise((resolve) => setTimeout(resolve, Math.max(0, OFTEN - (performance.now() - started)))); again = true; }
  } while (again);
  asking = false;
  offerFilm();
};

const fetchStrip = async () => {
  if (strip?.of === job.id || !job.step) return;
  const { images, labels } = await call(server.strip, { job: job.id });
  if (!images) return;
  strip = { of: job.id, labels };
  const { data } = unpack(images);
  find(".strip").replaceChildren(...labels.map((label, at) => {
    const canvas = make("canvas", { role: "img", "aria-label": named(label) });
    paint(canvas, data.subarray(784 * at, 784 * (at + 1)), 28);
    return make("figure", {}, canvas, make("figcaption"));
  }));
};
