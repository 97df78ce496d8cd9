/* Continues watch.js: the time machine. All moments are asked for at once; moving the slider asks nothing. */
const A_FRAME = 180;    // milliseconds for which a moment stays while it plays

let film = null;        // the moments of `job` for the drawing `of` and the digit asked about
let asked = null;       // the digit that ought to be read, once the visitor chose one for this drawing

const offerFilm = async () => {
  if (!job?.step || !seen || !sight || live()) return;
  find(".machine").hidden = false;
  const key = `${job.id} ${job.step} ${asked ?? "read"}`;
  if (film?.key === key && film.of === seen) { if (film.frames) goTo(Number(slider.value)); return; } // as it was left
  film = { key, of: seen, frames: null };
  const mine = film;
  try {
    // The digit that ought to be read: what the visitor says, what the writer meant, or else what was read at last.
    const meant = job.names.join("") === "0123456789" ? seen.label : null;
    const digit = asked ?? meant ?? (frame ? best(frame.probs) : 0);
    const answer = await call(server.film, { ...source(), digit });
    if (film !== mine) return;
    if (answer.error) { find(".message").textContent = answer.error; film = null; return; }
    film = { ...mine, frames: answer.frames.map(opened), digit };
  } catch { find(".message").textContent = "The server does not answer. Try again in a moment."; film = null; return; }
  layOut();
};

/* While it learns there is the present alone. */
const putAway = () => {
  stop();
  find(".machine").hidden = true;
  find(".moment").textContent = "";
};

const layOut = () => {
  const { frames } = film, last = frames.length - 1;
  slider.max = last;
  slider.value = last;
  const turn = turning();
  find(".moments").replaceChildren(...frames.map(({ probs }, at) => {
    const tick = make("i", { class: `${best(probs) === film.digit ? "right" : ""} ${at === turn ? "turn" : ""}` });
    tick.style.left = `${(100 * at) / Math.max(last, 1)}%`;
    return tick;
  }));
  goTo(last);
};

/* The moment from which the answer stays right; -1 where it is wrong at the end. */
const turning = () => {
  const { frames, digit } = film;
  let at = frames.length;
  while (at && best(frames[at - 1].probs) === digit) at--;
  return at === frames.length ? -1 : at;
};

const goTo = (at) => {
  const moment = film.frames[at], turn = turning();
  slider.value = at;
  slider.setAttribute("aria-valuetext", `after ${moment.step} steps`);
  show(moment);
  verdict(moment);
  const when = turn < 0 ? `At the end it is not read as ${named(film.digit)}.` : turn === 0 ? `It was read as ${named(film.digit)} from the start, by chance.`
    : `From step ${film.frames[turn].step.toLocaleString("en")} on it is read as ${named(film.digit)}; at step ${film.frames[turn - 1].step.toLocaleString("en")} it was not.`;
  tell(".moment", `Moment ${at + 1} of ${film.frames.length}. ${when}`);
};

const showReasons = (moment) => {
  find(".why").hidden = !moment.occlusion;
  if (!moment.occlusion) return;
  find(".asked").textContent = named(film.digit);
  for (const name of ["occlusion", "relevance"]) {
    colourMap(find(`.${name}`), gridOf(moment[name].data.length), seen.image, moment[name].data);
  }
  for (const input of element.querySelectorAll(".digits input")) input.checked = Number(input.value) === film.digit;
};

const choice = (name, digit) => {
  const input = make("input", { type: "radio", name: "inkling-watched", value: digit });
  input.addEventListener("change", () => { asked = digit; offerFilm(); });
  return make("label", {}, input, make("span", {}, name));
};

const within = (at) => Math.min(Math.max(at, 0), film.frames.length - 1);

const { slider, stop } = player(element, {
  ready: () => Boolean(film?.frames),
  begin: () => {
    const last = film.frames.length - 1, from = Number(slider.value) >= last ? 0 : Number(slider.value);
    goTo(from);
    return (passed) => {
      const at = within(from + Math.floor(passed / (still.matches ? 3 * A_FRAME : A_FRAME)));
      if (at !== Number(slider.value)) goTo(at);
      return at < last;
    };
  },
  slide: goTo,
  move: (steps) => goTo(within(Number(slider.value) + steps)),
  rest: () => {},
});

on("reading", (reading) => {
  if (!reading.whole) return;
  if (reading.source !== seen?.source) asked = null;
  seen = reading;
  look();
});
on("training", (view) => {
  const other = view.id !== job?.id, moved = other || view.state !== job?.state || view.paused !== job?.paused || view.step !== job?.step;
  if (other) { film = null; asked = null; find(".view").hidden = true; tell(".verdict", "It is about to learn."); comeIntoView(); }
  const others = view.names.join() !== job?.names.join();
  job = view;
  if (others) layBars();
  if (live()) putAway();
  if (moved) look();
});
new IntersectionObserver(([entry]) => { sight = entry.isIntersecting; if (sight) look(); }).observe(element);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
