import { unpack } from "../../../web/arrays.js";
import { on } from "../../../web/bus.js";
import { diverging } from "../../../web/colours.js";
import { make, paint, svg } from "../../../web/dom.js";
import { percent } from "../../../web/format.js";
import { gridOf } from "../../../web/grid.js";
import { colourLooks, colourMap } from "../../../web/patch_map.js";
import { player } from "../../../web/player.js";
import { paper, saves, write } from "../../../web/save.js";
import { call } from "../../../web/server.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const OFTEN = 220; // milliseconds between two looks at a training that runs
  const ENDED = ["done", "stopped", "failed"];

  let seen = null; // the page's reading: the drawing, and where it came from
  let job = null; // the training as it was last told
  let strip = null; // the test digits that are read along: { of: job, images, labels }
  let frame = null; // what is shown: how one moment read the drawing
  let sight = false,
    asking = false,
    again = false;

  /* Whoever presses Start wants to see what it does; after a reload nothing moves by itself. */
  let pressed = false;
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("#training-buttons button.primary")) pressed = true;
  });
  const comeIntoView = () => {
    if (!pressed) return;
    pressed = false;
    document
      .querySelector("#training")
      ?.scrollIntoView({ block: "start", behavior: still.matches ? "auto" : "smooth" });
  };

  const best = (shares) => shares.reduce((found, share, digit) => (share > shares[found] ? digit : found), 0);
  const live = () => job !== null && !ENDED.includes(job.state) && !job.paused;

  /* ---- what one moment reads ---- */
  /* The classes are those that the training learns, whatever the page's model reads. */
  let bars = [];
  const named = (label) => job.names[label];

  const layBars = () => {
    bars = job.names.map((name, digit) => {
      const fill = make("div", { class: "fill" }),
        share = make("span", { class: "share" });
      const row = make(
        "li",
        { "data-digit": digit },
        make("span", {}, name),
        make("div", { class: "track" }, fill),
        share,
      );
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
  const showPatterns = ({ filters: patterns }) => {
    const {
        shape: [count, pixels],
        data,
      } = patterns,
      side = Math.round(Math.sqrt(pixels));
    const most = data.reduce((found, value) => Math.max(found, Math.abs(value)), 1e-6);
    find(".patterns").replaceChildren(
      ...Array.from({ length: count }, (_, at) =>
        svg(
          "svg",
          { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true", "shape-rendering": "crispEdges" },
          ...Array.from({ length: pixels }, (_, pixel) =>
            svg("rect", {
              x: pixel % side,
              y: Math.floor(pixel / side),
              width: 1,
              height: 1,
              style: `fill: ${diverging(data[at * pixels + pixel] / most)}`,
            }),
          ),
        ),
      ),
    );
  };

  /* For every patch a small map of how alike its position is to all others, laid out as the patches are. */
  const showAlike = ({ positions: alike }) => {
    find(".places").hidden = !alike;
    if (!alike) return;
    const count = alike.shape[0],
      side = Math.round(Math.sqrt(count - 1)),
      gap = 0.6,
      step = side + gap;
    const rects = [];
    for (let query = 1; query < count; query++) {
      const left = ((query - 1) % side) * step,
        top = Math.floor((query - 1) / side) * step;
      for (let key = 1; key < count; key++)
        rects.push(
          svg("rect", {
            x: left + ((key - 1) % side),
            y: top + Math.floor((key - 1) / side),
            width: 1,
            height: 1,
            style: `fill: ${diverging(2 * alike.data[query * count + key] - 1)}`,
          }),
        );
    }
    find(".alike").replaceChildren(
      svg(
        "svg",
        {
          viewBox: `0 0 ${side * step - gap} ${side * step - gap}`,
          "aria-hidden": "true",
          "shape-rendering": "crispEdges",
        },
        ...rects,
      ),
    );
  };

  const DRAWN = ["attention", "filters", "positions"]; // packed arrays of a frame

  const opened = (packed) => {
    const open = { ...packed };
    for (const name of [...DRAWN, "relevance", "occlusion"]) if (open[name]) open[name] = unpack(open[name]);
    return open;
  };

  const show = (moment) => {
    frame = moment;
    find(".view").hidden = false;
    showBars(moment);
    colourLooks(find(".looks"), seen.image, moment.attention);
    showStrip(moment.test_digits);
    showPatterns(moment);
    showAlike(moment);
    showReasons(moment);
  };

  const tell = (selector, text) => {
    if (find(selector).textContent !== text) find(selector).textContent = text;
  };

  const summary = ({ probs, step }) => {
    const said = best(probs),
      sure = percent(probs[said]);
    tell(
      ".summary",
      step
        ? `After ${step.toLocaleString("en")} ${step === 1 ? "step" : "steps"} it reads your drawing as ${named(said)}, ${sure} sure.`
        : `Before the first step it guesses ${named(said)}, ${sure} sure.`,
    );
  };

  /* ---- looking on: one request at a time, and only while somebody can see it ---- */
  const source = () => ({ ...seen.source, job: job.id });

  const look = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    do {
      again = false;
      const started = performance.now(),
        of = seen;
      if (!sight || !seen || !job || document.hidden) break;
      try {
        await fetchStrip();
        const answer = await call(server.now, source());
        find(".message").textContent = answer.error ?? "";
        if (answer.training?.id === job.id) job = answer.training;
        if (answer.snapshot && of === seen) {
          show(opened(answer.snapshot));
          summary(answer.snapshot);
        }
      } catch {
        find(".message").textContent = "The server does not answer. Trying again.";
      }
      if (live()) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, OFTEN - (performance.now() - started))));
        again = true;
      }
    } while (again);
    asking = false;
    offerFilm();
  };

  const fetchStrip = async () => {
    if (strip?.of === job.id || !job.step) return;
    const { images, labels } = await call(server.test_digits, { job: job.id });
    if (!images) return;
    strip = { of: job.id, labels };
    const { data } = unpack(images);
    find(".strip").replaceChildren(
      ...labels.map((label, at) => {
        const canvas = make("canvas", { role: "img", "aria-label": named(label) });
        paint(canvas, data.subarray(784 * at, 784 * (at + 1)), 28);
        return make("figure", {}, canvas, make("figcaption"));
      }),
    );
  };

  /* Continues watch.js: the time machine. All moments are asked for at once; moving the slider asks nothing. */
  const A_FRAME = 180; // milliseconds for which a moment stays while it plays

  let film = null; // the moments of `job` for the drawing `of` and the digit asked about
  let asked = null; // the digit that ought to be read, once the visitor chose one for this drawing

  const offerFilm = async () => {
    if (!job?.step || !seen || !sight || live()) return;
    find(".machine").hidden = false;
    const key = `${job.id} ${job.step} ${asked ?? "read"}`;
    if (film?.key === key && film.of === seen) {
      if (film.frames) goTo(Number(slider.value));
      return;
    } // as it was left
    film = { key, of: seen, frames: null };
    const mine = film;
    try {
      // The digit that ought to be read: what the visitor says, what the writer meant, or else what was read at last.
      const meant = job.names.join("") === "0123456789" ? seen.label : null;
      const digit = asked ?? meant ?? (frame ? best(frame.probs) : 0);
      const answer = await call(server.snapshots, { ...source(), digit });
      if (film !== mine) return;
      if (answer.error) {
        find(".message").textContent = answer.error;
        film = null;
        return;
      }
      film = { ...mine, frames: answer.snapshots.map(opened), digit };
    } catch {
      find(".message").textContent = "The server does not answer. Try again in a moment.";
      film = null;
      return;
    }
    layOut();
  };

  /* While it learns there is the present alone. */
  const putAway = () => {
    stop();
    find(".machine").hidden = true;
    find(".moment").textContent = "";
  };

  const layOut = () => {
    const { frames } = film,
      last = frames.length - 1;
    slider.max = last;
    slider.value = last;
    const turn = turning();
    find(".moments").replaceChildren(
      ...frames.map(({ probs }, at) => {
        const tick = make("i", { class: `${best(probs) === film.digit ? "right" : ""} ${at === turn ? "turn" : ""}` });
        tick.style.left = `${(100 * at) / Math.max(last, 1)}%`;
        return tick;
      }),
    );
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
    const moment = film.frames[at],
      turn = turning();
    slider.value = at;
    slider.setAttribute("aria-valuetext", `after ${moment.step} steps`);
    show(moment);
    summary(moment);
    const when =
      turn < 0
        ? `At the end it is not read as ${named(film.digit)}.`
        : turn === 0
          ? `It was read as ${named(film.digit)} from the start, by chance.`
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
    input.addEventListener("change", () => {
      asked = digit;
      offerFilm();
    });
    return make("label", {}, input, make("span", {}, name));
  };

  const within = (at) => Math.min(Math.max(at, 0), film.frames.length - 1);

  const { slider, stop } = player(element, {
    ready: () => Boolean(film?.frames),
    begin: () => {
      const last = film.frames.length - 1,
        from = Number(slider.value) >= last ? 0 : Number(slider.value);
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
    const other = view.id !== job?.id,
      moved = other || view.state !== job?.state || view.paused !== job?.paused || view.step !== job?.step;
    if (other) {
      film = null;
      asked = null;
      find(".view").hidden = true;
      tell(".summary", "It is about to learn.");
      comeIntoView();
    }
    const others = view.names.join() !== job?.names.join();
    job = view;
    if (others) layBars();
    if (live()) putAway();
    if (moved) look();
  });
  new IntersectionObserver(([entry]) => {
    sight = entry.isIntersecting;
    if (sight) look();
  }).observe(element);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });

  /* Continues watch.js: what is shown of one moment, on one sheet. */

  const barRow = ({ row, share }, digit) => {
    const y = 80 + 22 * digit,
      said = row.classList.contains("best") ? { "font-weight": 700 } : {};
    return [
      write(20, y + 11, named(digit), said),
      svg("rect", { x: 90, y, width: 130 * frame.probs[digit], height: 13, fill: "#ef7d1a" }),
      write(280, y + 11, share.textContent, { "text-anchor": "end", ...said }),
    ];
  };

  /* The maps stand beside each other, each under what it is called. */
  const mapsOf = () =>
    [
      ["looks", "where it looks"],
      ...(frame.occlusion
        ? [
            ["occlusion", `${named(film.digit)}: lost without each patch`],
            ["relevance", `${named(film.digit)}: relevance`],
          ]
        : []),
    ].flatMap(([name, title], index) => {
      const map = find(`.${name} svg`).cloneNode(true),
        x = 320 + 170 * index;
      for (const [attribute, value] of Object.entries({ x, y: 80, width: 150, height: 150 }))
        map.setAttribute(attribute, value);
      return [write(x, 72, title, { "font-size": 11 }), map];
    });

  const readAlong = (figure, index) => {
    const x = 320 + 50 * (index % 10),
      y = 272 + 64 * Math.floor(index / 10);
    return [
      svg("image", {
        href: figure.querySelector("canvas").toDataURL(),
        x,
        y,
        width: 42,
        height: 42,
        style: "image-rendering: pixelated",
      }),
      write(x + 21, y + 55, figure.querySelector("figcaption").textContent, {
        "text-anchor": "middle",
        "font-size": 11,
      }),
    ];
  };

  const picture = () => {
    const along = [...find(".strip").children],
      height = 20 + Math.max(80 + 22 * bars.length, 272 + 64 * Math.ceil(along.length / 10));
    return paper(
      840,
      height,
      12.5,
      write(20, 28, find(".summary").textContent, { "font-size": 16, "font-weight": 600 }),
      write(20, 48, find(".moment").textContent),
      ...bars.flatMap(barRow),
      ...mapsOf(),
      write(320, 260, `Test digits, read along: ${find(".score").textContent}`, { "font-size": 11 }),
      ...along.flatMap(readAlong),
    );
  };
  saves(element, { ready: () => frame, name: () => `watched-step-${frame.step}`, picture });
};
