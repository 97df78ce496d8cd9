import { on } from "../../web/bus.js";
import { doubtful } from "../../web/class_names.js";
import { make, svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { download, paper, saves, write } from "../../web/save.js";
import { call } from "../../web/server.js";

/* What all parts of this view share; teach.PART.js go on in the same scope. */
export const mount = ({ element, props, server, trigger }) => {
  const find = (selector) => element.querySelector(selector);
  const SIDE = 280; // units of the pad's sheet

  /* A correction is { label, strokes }, its points [x, y]; `corrections` is never changed in place. `lessons` are the
     models that were taught: { model, start, before, read }: tokens, of the model itself, of the one that it began as,
     and of the one that read until then; and by a correction's key what it was read as before and after. */
  let corrections = [],
    lessons = [];
  let seen = null; // the page's last whole reading
  let busy = false; // a lesson goes on

  const article = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;
  const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
  const named = (token) => {
    const shipped = props.models.find((model) => model.token === token);
    return shipped ? `the model with ${shipped.label}` : "your model";
  };
  const best = (probs) => probs.indexOf(Math.max(...probs));
  const say = (text) => {
    find(".message").textContent = text;
  };

  /* The lesson that the model which reads came from, if it was taught here. */
  const lesson = () => lessons.find(({ model }) => model === seen?.source.model);
  const start = () => lesson()?.start ?? seen.source.model;

  /* A short name for a correction (FNV-1a over its points). */
  const keyOf = ({ label, strokes }) => {
    let hash = 2166136261;
    for (const letter of JSON.stringify(strokes)) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
    return `${label}-${(hash >>> 0).toString(36)}`;
  };
  const sameDrawing = (one, other) => JSON.stringify(one.strokes) === JSON.stringify(other.strokes);

  /* What is kept of a drawing: where the pen was, and neither when nor how hard it was pressed. */
  const bare = (strokes) =>
    strokes.map((stroke) => stroke.map(([x, y]) => [Math.round(10 * x) / 10, Math.round(10 * y) / 10]));

  /* Draw strokes into a canvas, as large as they fit. */
  const sketch = (canvas, strokes) => {
    const points = strokes.flat(),
      xs = points.map(([x]) => x),
      ys = points.map(([, y]) => y),
      side = canvas.width,
      brush = canvas.getContext("2d");
    const span = (values) => [
      values.reduce((low, value) => Math.min(low, value), Infinity),
      values.reduce((high, value) => Math.max(high, value), -Infinity),
    ];
    const [[left, right], [top, bottom]] = [span(xs), span(ys)];
    const scale = Math.min((0.74 * side) / Math.max(right - left, bottom - top, 1), side / SIDE);
    const at = ([x, y]) => [side / 2 + (x - (left + right) / 2) * scale, side / 2 + (y - (top + bottom) / 2) * scale];
    brush.clearRect(0, 0, side, side);
    brush.lineCap = brush.lineJoin = "round";
    brush.lineWidth = side * 0.07;
    brush.strokeStyle = "#fff";
    for (const stroke of strokes) {
      brush.beginPath();
      brush.moveTo(...at(stroke[0]));
      for (const point of stroke) brush.lineTo(...at(point));
      brush.stroke();
    }
    return canvas;
  };

  /* Continues teach.js: corrections as text, kept in this browser or in a file. What comes from a file is checked to the
     last point, and only numbers of it are taken over. */

  const FORMAT = "inkling-corrections",
    VERSION = 1,
    LARGEST = 4e6,
    FARTHEST = 1e5,
    SMALLEST = 6; // bytes; units of the sheet, twice
  const KEPT = { corrections: "inkling-corrections", lessons: "inkling-lessons" },
    LESSONS = 20;

  const asText = () => JSON.stringify({ format: FORMAT, version: VERSION, corrections });

  const refuse = (reason) => {
    throw new Error(reason);
  };
  const shown = (value) => String(JSON.stringify(value) ?? value).slice(0, 20);

  const isPoint = (point) =>
    Array.isArray(point) &&
    point.length >= 2 &&
    point.slice(0, 2).every((value) => Number.isFinite(value) && Math.abs(value) <= FARTHEST);
  const areStrokes = (strokes) =>
    Array.isArray(strokes) &&
    strokes.length > 0 &&
    strokes.every((stroke) => Array.isArray(stroke) && stroke.length > 0 && stroke.every(isPoint));

  const checked = (correction, index) => {
    const which = `Correction ${index + 1}`,
      { label, strokes } = correction ?? {};
    if (!Number.isInteger(label) || label < 0 || label > 9)
      refuse(`${which} has the label ${shown(label)}, which is no digit from 0 to 9.`);
    if (!areStrokes(strokes))
      refuse(`${which} has no strokes that could be drawn: they must be lists of points [x, y].`);
    const points = strokes.flat();
    if (points.length > props.points)
      refuse(
        `${which} has ${points.length.toLocaleString("en")} points; at most ${props.points.toLocaleString("en")} can be taught.`,
      );
    const extent = (axis) =>
      Math.max(...points.map((point) => point[axis])) - Math.min(...points.map((point) => point[axis]));
    if (Math.max(extent(0), extent(1)) < SMALLEST) refuse(`${which} is only a dot.`);
    return { label, strokes: bare(strokes) };
  };

  /* Text -> corrections; an error says in one sentence why it holds none. */
  const parsed = (text) => {
    let file = null;
    try {
      file = JSON.parse(text);
    } catch {
      refuse("it is not JSON.");
    }
    if (file?.format !== FORMAT) refuse("it holds no corrections that were exported here.");
    if (file.version !== VERSION)
      refuse(`it is of version ${shown(file.version)}, but only version ${VERSION} can be read.`);
    if (!Array.isArray(file.corrections)) refuse("it has no list of corrections.");
    if (file.corrections.length > props.most)
      refuse(
        `it holds ${file.corrections.length.toLocaleString("en")} corrections; at most ${props.most} can be taught.`,
      );
    return file.corrections.map(checked);
  };

  /* Add corrections; a drawing that is there already takes the new label. */
  const merged = (added) => {
    const rest = corrections.filter((old) => !added.some((correction) => sameDrawing(old, correction)));
    if (rest.length + added.length > props.most)
      refuse(
        `there would be ${rest.length + added.length} corrections; at most ${props.most} can be taught. Remove some first.`,
      );
    return [...rest, ...added];
  };

  /* ---- this browser ---- */
  const keep = () => {
    lessons = lessons.slice(-LESSONS);
    try {
      localStorage.setItem(KEPT.corrections, asText());
      localStorage.setItem(KEPT.lessons, JSON.stringify(lessons));
    } catch {
      say("This browser keeps nothing: export your corrections before you leave.");
    }
  };

  const keptLessons = () => {
    const isToken = (value) => typeof value === "string" && value.length < 80;
    const found = JSON.parse(localStorage.getItem(KEPT.lessons));
    return found.filter(
      ({ model, start, before, read }) => [model, start, before].every(isToken) && read && typeof read === "object",
    );
  };

  const remember = () => {
    try {
      corrections = parsed(localStorage.getItem(KEPT.corrections));
    } catch {
      corrections = [];
    }
    try {
      lessons = keptLessons();
    } catch {
      lessons = [];
    }
  };

  /* ---- files ---- */
  const exported = () => {
    const bytes = new TextEncoder().encode(asText());
    download(
      "inkling-corrections.json",
      "application/json",
      btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
    );
  };

  const imported = async (file) => {
    try {
      if (file.size > LARGEST) refuse("it is too large.");
      const added = parsed(await file.text());
      corrections = merged(added);
      keep();
      showShelf();
      say(
        `${counted(added.length, "correction")} imported. Press “${find('[data-do="again"]').textContent}” to have ${added.length === 1 ? "it" : "them"} learned.`,
      );
    } catch (error) {
      say(`The file was not imported: ${error.message}`);
    }
  };

  const input = find("input[type=file]");
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) await imported(file);
    input.value = ""; // so that the same file can be chosen again
  });

  /* Continues teach.js: the corrections so far, each with what the model makes of it. */

  /* What a correction was read as by the model before and by the one that reads; undefined if that has not learned it. */
  const outcome = (correction) => lesson()?.read[keyOf(correction)];

  const resultOf = (correction) => {
    const found = outcome(correction);
    if (!Array.isArray(found)) return "not taught yet";
    const [was, now] = found.map(Number);
    if (now !== correction.label) return `✗ read as ${now}`;
    return was === now ? `✓ still read as ${now}` : `✓ ${was} became ${now}`;
  };

  const tile = (correction) => {
    const remove = make(
      "button",
      { type: "button", "aria-label": `Remove the correction “${article(correction.label)}”`, title: "Remove" },
      "×",
    );
    remove.addEventListener("click", () => {
      corrections = corrections.filter((other) => other !== correction);
      keep();
      showShelf();
      find('[data-do="again"]').focus();
    });
    remove.disabled = busy;
    return make(
      "li",
      {},
      sketch(make("canvas", { width: 128, height: 128, "aria-hidden": "true" }), correction.strokes),
      make("b", {}, article(correction.label)),
      make("small", {}, resultOf(correction)),
      remove,
    );
  };

  /* Whether the model that reads has learned just these corrections. */
  const uptodate = () => {
    const learned = Object.keys(lesson()?.read ?? {}),
      wanted = corrections.map(keyOf);
    return learned.length === wanted.length && wanted.every((key) => learned.includes(key));
  };

  const stateOf = () => {
    if (!corrections.length)
      return lesson()
        ? "The model that reads still knows what you have removed."
        : "None yet. Each one that you teach is kept here, and all of them are taught together.";
    if (busy) return "A lesson is going on.";
    if (uptodate()) return `The model that reads has learned ${corrections.length === 1 ? "it" : "these"}.`;
    return lesson()
      ? "The model that reads has learned others than these. Teach them again to bring it up to date."
      : `${named(seen?.source.model ?? "")} has not learned ${corrections.length === 1 ? "it" : "these"}.`;
  };

  const showShelf = () => {
    find(".count").textContent =
      corrections.length > 1
        ? `Your ${corrections.length} corrections`
        : corrections.length
          ? "Your correction"
          : "Your corrections";
    find(".state").textContent = stateOf();
    find(".tiles").replaceChildren(...corrections.map(tile));
    const again = find('[data-do="again"]');
    again.textContent = corrections.length
      ? `Teach ${corrections.length === 1 ? "this one" : `these ${corrections.length}`}`
      : "Forget what was taught";
    again.disabled = busy || !seen || uptodate();
    again.hidden = !corrections.length && !lesson();
    for (const name of ["export", "forget"]) find(`[data-do="${name}"]`).disabled = busy || !corrections.length;
    find('[data-do="import"]').disabled = busy;
  };

  /* Continues teach.js: what came of a lesson, on the drawing and on the test digits. */

  const bars = Array.from({ length: 10 }, (_, digit) => {
    const was = make("div", { class: "fill was" }),
      is = make("div", { class: "fill is" }),
      then = make("span", { class: "then" }),
      now = make("span", { class: "now" });
    const row = make(
      "li",
      { "data-digit": digit },
      make("span", {}, String(digit)),
      make("div", { class: "track" }, was, is),
      then,
      make("span", { "aria-hidden": "true" }, "→"),
      now,
    );
    find(".bars").append(row);
    return { row, was, is, then, now };
  });

  const showDrawing = ({ before, after }, { label }) => {
    const was = best(before),
      now = best(after);
    bars.forEach((bar, digit) => {
      bar.was.style.transform = `scaleX(${before[digit]})`;
      bar.is.style.transform = `scaleX(${after[digit]})`;
      bar.then.textContent = percent(before[digit]);
      bar.now.textContent = percent(after[digit]);
      bar.row.classList.toggle("best", digit === now);
    });
    if (was === now)
      find(".summary").textContent =
        now === label ? `It was and is read as ${now}, now ${percent(after[now])} sure` : `It is still read as ${now}`;
    else find(".summary").textContent = `It was read as ${was}, now as ${now} (${percent(after[now])} sure)`;
  };

  const showSteps = ({ steps, learned, drawings }, taught) => {
    const right = drawings.filter(({ after }, at) => best(after) === taught[at].label).length;
    const all =
      taught.length === 1
        ? ""
        : ` Of your ${taught.length} corrections it now reads ${right === taught.length ? "all" : right} right.`;
    const how = steps ? `It took ${counted(steps, "step")} of practice.` : "No practice was needed.";
    find(".steps").textContent =
      `${how}${all}${learned ? "" : " It ended before everything was learned as surely as wished. Corrections that contradict each other cannot all be learned."}`;
  };

  /* ---- the forgetting ---- */
  const share = (right, of) => `${((100 * right) / of).toFixed(2)} %`;

  const sidesOf = ({ of, before, after, lost, won }, name) => {
    const digits = of.toLocaleString("en"),
      change = `${share(before, of)} → ${share(after, of)}`;
    if (!lost && !won)
      return `No. Of ${digits} test digits it reads the very same ones right as ${name}: ${share(after, of)}.`;
    const wrong = lost
        ? `${lost} that ${lost === 1 ? "was" : "were"} read right ${lost === 1 ? "is" : "are"} wrong now`
        : "none that was read right is wrong now",
      gained = won
        ? `${won} that ${won === 1 ? "was" : "were"} wrong ${won === 1 ? "is" : "are"} right`
        : "none that was wrong is right";
    return `Test digits read right: ${change} of ${digits}. Compared with ${name}, ${wrong}, and ${gained}.`;
  };

  const showChanged = async ({ sheet, columns, changed }) => {
    const image = new Image();
    if (sheet) {
      image.src = `data:image/png;base64,${sheet}`;
      await image.decode();
    }
    find(".changed").replaceChildren(
      ...changed.map(([written, was, now], index) => {
        const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" }),
          wrong = now !== written;
        canvas
          .getContext("2d")
          .drawImage(image, (index % columns) * 28, Math.floor(index / columns) * 28, 28, 28, 0, 0, 28, 28);
        return make(
          "figure",
          { class: wrong ? "lost" : "won" },
          canvas,
          make("figcaption", {}, `${was} → ${now}`, make("br"), wrong ? `✗ is ${written}` : "✓ right"),
        );
      }),
    );
  };

  let came = null; // of the last lesson: what its drawing was read as before and after
  const showFound = async (found, taught, at) => {
    came = found.drawings[at];
    find(".found").hidden = false;
    showDrawing(came, taught[at]);
    showSteps(found, taught);
    const { test } = found,
      left = test.lost + test.won - test.changed.length;
    find(".sides").textContent = sidesOf(test, found.name);
    find(".sample").textContent =
      `${left ? `${counted(left, "more digit")} changed sides. ` : ""}${test.all ? "These are all of MNIST's test digits; no lesson ever uses one." : `A fixed sample of MNIST's test digits, because this model reads slowly; no lesson ever uses one.`}`;
    await showChanged(test);
  };

  /* Continues teach.js: the question, the lesson, and following the page. */

  const POLL = 300; // milliseconds between two looks at a lesson
  const pause = () => new Promise((resolve) => setTimeout(resolve, POLL));

  /* ---- what is it? ---- */
  const choices = Array.from({ length: 10 }, (_, digit) => {
    const input = make("input", { type: "radio", name: "inkling-teach", value: digit });
    input.addEventListener("change", showAsk);
    find(".digits").append(make("label", {}, input, make("span", {}, String(digit))));
    return input;
  });
  const chosenDigit = () => choices.findIndex((input) => input.checked);
  const choose = (digit) =>
    choices.forEach((input, at) => {
      input.checked = at === digit;
    });

  const drawing = () => (seen?.source.strokes ? bare(seen.source.strokes) : null);
  const questionOf = () => {
    if (!seen) return "Draw a digit first.";
    if (!drawing()) return "This is one of MNIST's test digits. To learn it would spoil the test: draw one yourself.";
    return `${seen.in_distribution ? `It reads this as ${seen.digit}` : doubtful(seen.digit)}. What is it?`;
  };

  function showAsk() {
    find(".question").textContent = questionOf();
    for (const input of choices) input.disabled = busy || !drawing();
    find('[data-do="teach"]').disabled = busy || !drawing() || chosenDigit() < 0;
    find('[data-do="undo"]').disabled = busy || !lesson();
    const canvas = find(".look");
    if (drawing()) sketch(canvas, drawing());
    else canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
  const show = () => {
    showAsk();
    showShelf();
  };

  /* ---- a lesson ---- */
  const wait = (words, done) => {
    find(".wait").hidden = !words;
    find(".wait span").textContent = words ?? "";
    if (done === null) find("progress").removeAttribute("value");
    else find("progress").value = done ?? 0;
  };

  const showProgress = ({ stage, done, of }) => {
    const part = of ? done / of : null,
      digits = () => `${done.toLocaleString("en")} of ${of.toLocaleString("en")}`;
    if (stage === "waiting") wait("Waiting: somebody else's lesson is going on.", null);
    else if (stage === "fetching")
      wait(of ? `Fetching MNIST, ${Math.round(100 * part)} %` : "Getting MNIST ready", part);
    else if (stage === "practising") wait(`Practising${of ? `, step ${done} of at most ${of}` : ""}`, part);
    else wait(`Reading test digits${of ? `, ${digits()}` : ""}`, part);
  };

  const working = (on) => {
    busy = on;
    element.setAttribute("aria-busy", on);
    if (!on) wait();
    show();
  };

  /* Ask until the lesson is over; an error has one sentence. */
  const finished = async (asked) => {
    let found = await call(server.begin, asked).catch(() =>
      refuse("The server does not answer. Your corrections are kept; try again in a moment."),
    );
    const { task } = found;
    while (true) {
      if (found.error) refuse(found.error);
      if (found.drawings) return found;
      showProgress(found);
      await pause();
      found = await call(server.look, { task }).catch(() =>
        refuse("The server does not answer. Your corrections are kept; try again in a moment."),
      );
    }
  };

  /* Teach all corrections, and show what came of the one at `at`. */
  const teach = async (at) => {
    const taught = corrections,
      asked = { start: start(), before: seen.source.model, corrections: taught };
    working(true);
    say("");
    try {
      const found = await finished(asked);
      const read = Object.fromEntries(
        taught.map((correction, index) => [
          keyOf(correction),
          [best(found.drawings[index].before), best(found.drawings[index].after)],
        ]),
      );
      lessons = [...lessons, { model: found.model, start: found.start, before: asked.before, read }];
      keep();
      await showFound(found, taught, at);
      use(found.model);
      say("The model that you taught reads now. Draw it again, a little differently: does it know it?");
    } catch (error) {
      say(error.message);
    } finally {
      working(false);
    }
  };

  const use = (model) => trigger("taught", { model });

  const actions = {
    teach: () => {
      const correction = { label: chosenDigit(), strokes: drawing() };
      try {
        corrections = merged([checked(correction, corrections.length)]);
      } catch (error) {
        return say(error.message);
      }
      keep();
      teach(corrections.length - 1);
    },
    again: () => {
      if (corrections.length) return teach(corrections.length - 1);
      find(".found").hidden = true;
      say("");
      use(start());
    },
    undo: () => {
      const { before } = lesson();
      find(".found").hidden = true;
      say(
        `Undone: ${named(before) === "your model" ? "the model before" : named(before)} reads again. Your corrections are kept below.`,
      );
      use(before);
    },
    export: () => {
      exported();
      say(`${counted(corrections.length, "correction")} exported.`);
    },
    import: () => input.click(),
    forget: () => {
      corrections = [];
      keep();
      show();
      say("All corrections are deleted from this browser.");
    },
  };
  for (const button of element.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => actions[button.dataset.do]());

  /* ---- following the page ---- */
  const follow = (reading) => {
    const strokes = JSON.stringify(drawing());
    seen = reading;
    if (JSON.stringify(drawing()) !== strokes) {
      choose(
        corrections.find((correction) => JSON.stringify(correction.strokes) === JSON.stringify(drawing()))?.label ?? -1,
      );
      if (!busy) say("");
    }
    show();
  };
  on("reading", (reading) => {
    if (reading.whole) follow(reading);
  });
  on("nothing", () => {
    if (seen) follow({ ...seen, source: { model: seen.source.model } });
  });

  remember();
  show();

  /* Continues teach.js: what came of a lesson, on one sheet. */
  const sentences = (selector) => find(selector).textContent.split(/(?<=\.) (?=[A-Z])/);

  const barRow = ({ row, then, now }, digit) => {
    const y = 52 + 22 * digit,
      bar = (at, portion, height, fill) => svg("rect", { x: 40, y: at, width: 300 * portion, height, fill });
    return [
      write(20, y + 12, String(digit)),
      bar(y, came.before[digit], 5, "#94a3b8"),
      bar(y + 6, came.after[digit], 9, "#ef7d1a"),
      write(460, y + 12, `${then.textContent} → ${now.textContent}`, {
        "text-anchor": "end",
        ...(row.classList.contains("best") ? { "font-weight": 700 } : {}),
      }),
    ];
  };

  const changedDigit = (figure, index, top) => {
    const x = 20 + 66 * (index % 12),
      y = top + 88 * Math.floor(index / 12),
      words = [...figure.querySelector("figcaption").childNodes].filter((node) => node.data);
    return [
      svg("image", {
        href: figure.querySelector("canvas").toDataURL(),
        x: x + 8,
        y,
        width: 40,
        height: 40,
        style: "image-rendering: pixelated",
      }),
      ...words.map(({ data }, row) =>
        write(x + 28, y + 54 + 14 * row, data, { "text-anchor": "middle", "font-size": 11 }),
      ),
    ];
  };

  const picture = () => {
    const told = [...sentences(".steps"), ...sentences(".sides"), ...sentences(".sample")],
      digits = [...find(".changed").children];
    const top = 310 + 20 * told.length,
      height = top + 88 * Math.ceil(digits.length / 12);
    return paper(
      820,
      height,
      12.5,
      write(20, 30, find(".summary").textContent, { "font-size": 16, "font-weight": 600 }),
      write(480, 64, "grey before, orange after", { "font-size": 11 }),
      ...bars.flatMap(barRow),
      ...told.map((sentence, row) => write(20, 300 + 20 * row, sentence)),
      ...digits.flatMap((figure, index) => changedDigit(figure, index, top)),
    );
  };
  saves(element, {
    ready: () => came,
    first: "Teach it something first.",
    name: () => `taught-${best(came.after)}`,
    picture,
  });
};
