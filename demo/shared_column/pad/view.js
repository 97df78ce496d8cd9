import { unpack } from "../../web/arrays.js";
import { emit } from "../../web/bus.js";
import { make, paint } from "../../web/dom.js";
import { call } from "../../web/server.js";

export const mount = ({ element, props, server, trigger, watch }) => {
  const SIDE = 280; // units of the sheet; strokes are kept in these, whatever size the screen shows
  const PEN = 20,
    ERASER = 12; // a line's width and the eraser's reach; the model sees MNIST's own pen width anyway
  const FINEST = 1; // units between two kept points
  const PAUSE = 100; // milliseconds between two readings while the pen moves
  const RETRY = 1500; // milliseconds before an unanswered reading is asked for again
  const KEPT = { sheet: "inkling-sheet", reader: "inkling-reader" }; // what a reload finds again

  const find = (selector) => element.querySelector(selector);
  const canvas = find(".sheet canvas"),
    context = canvas.getContext("2d");
  const buttons = Object.fromEntries(
    [...element.querySelectorAll("[data-do]")].map((button) => [button.dataset.do, button]),
  );

  /* The sheet is never changed in place, so undo is a list of the sheets before this one. A sheet holds strokes, each
     a list of [x, y, milliseconds, pressure], or an MNIST digit as { index, label, image }. `example`: the strokes are an
     example's, as it came, which the first stroke replaces. */
  let sheet = { strokes: [], sample: null };
  let past = [],
    future = [];
  let tool = "pen",
    pointer = null,
    stroke = null,
    before = null,
    rubbed = null,
    origin = 0;
  let reader = { model: props.models[0].token, own: null }; // tokens: of what reads, and of the visitor's own model
  let notice = ""; // what must be said with the next readings, until the sheet changes

  const inked = () => (stroke ? [...sheet.strokes, stroke] : sheet.strokes);
  const blank = () => !sheet.sample && inked().length === 0;

  /* Waits, or goes on at once when `hurry` is called. */
  let hurry = () => {};
  const wait = (milliseconds) =>
    new Promise((resolve) => {
      hurry = resolve;
      setTimeout(resolve, milliseconds);
    });

  /* ---- reading: one request at a time, always of the latest sheet ---- */
  let version = 0,
    answered = -1,
    blankedAt = -1,
    asking = false;

  const changed = () => {
    version++;
    notice = "";
    if (blank()) blankedAt = version;
    show();
    ask();
  };

  const ask = async () => {
    if (asking) return;
    asking = true;
    element.setAttribute("aria-busy", "true");
    while (answered !== version) {
      const asked = version,
        started = performance.now();
      if (blank()) nothing("");
      else if (!(await request(asked))) {
        await wait(RETRY);
        continue;
      }
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

  const nothing = (reason, wrong = false) => {
    say(reason, wrong);
    emit("nothing", { reason });
  };

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

  const useShipped = (model) => {
    useModel(model);
    trigger("shipped");
  };
  const useOwn = (model) => {
    useModel(model);
    trigger("own", { model });
  };

  /* The visitor's own model is gone from the server; what is on the sheet is read again, without it. */
  const forgetOwn = (reason) => {
    notice = reason;
    version++;
    useModel(reader.model === reader.own ? props.models[0].token : reader.model, null);
    trigger("shipped");
  };

  /* One shipped model and none of the visitor's own leave nothing to choose. */
  const offer = () => {
    const own = reader.own && {
      token: reader.own,
      label: "Your model",
      title: "The model that you trained here",
      summary: "the model you trained.",
    };
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

  const name = (summary) => {
    find(".name").textContent = find(".models").hidden ? `Read by ${summary}` : summary;
  };

  const choice = ({ label, title }, use) => {
    const input = make("input", { type: "radio", name: "inkling-reader" });
    input.addEventListener("change", () => use(input.value));
    return make("label", { title }, input, make("span", {}, label));
  };

  /* ---- the sheet ---- */
  const put = (next) => {
    past.push(sheet);
    future = [];
    sheet = next;
    keep("sheet", sheet);
    changed();
  };

  const keep = (what, value) => {
    try {
      sessionStorage.setItem(KEPT[what], JSON.stringify(value));
    } catch {
      /* blocked or full */
    }
  };

  /* What was kept, as `check` makes it out; null if there is nothing that can be used. */
  const kept = (what, check) => {
    try {
      return check(JSON.parse(sessionStorage.getItem(KEPT[what])));
    } catch {
      return null;
    }
  };

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
    clear: () => {
      if (!blank()) put({ strokes: [], sample: null });
    },
  };

  /* Continues pad.js: the pen and the eraser, and what the sheet looks like. */

  /* ---- drawing and erasing ---- */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const unit = (value, size) => Math.round(Math.min(Math.max((value * SIDE) / size, 0), SIDE) * 10) / 10;
    return [unit(event.clientX - box.left, box.width), unit(event.clientY - box.top, box.height)];
  };

  const extend = (event) => {
    const [x, y] = place(event),
      last = stroke.at(-1);
    if (last && Math.hypot(x - last[0], y - last[1]) < FINEST) return;
    stroke.push([x, y, Math.round(event.timeStamp - origin), Math.round(event.pressure * 100) / 100]);
  };

  /* How far a point lies from the line between two others. */
  const distance = (point, from, to) => {
    const [x, y] = [to[0] - from[0], to[1] - from[1]];
    const along = ((point[0] - from[0]) * x + (point[1] - from[1]) * y) / (x * x + y * y || 1);
    const at = Math.min(Math.max(along, 0), 1);
    return Math.hypot(point[0] - from[0] - at * x, point[1] - from[1] - at * y);
  };

  /* The strokes without what the eraser touched on its way; a stroke cut in the middle becomes two. */
  const cut = (strokes, from, to) =>
    strokes.flatMap((points) => {
      const outside = (point) => distance(point, from, to) > ERASER;
      const dense = densify(points);
      if (dense.every(outside)) return [points];
      const parts = [[]];
      for (const point of dense) outside(point) ? parts.at(-1).push(point) : parts.push([]);
      return parts.filter((part) => part.length > 1);
    });

  const densify = (points) =>
    points.flatMap((point, index) => {
      const next = points[index + 1];
      if (!next) return [point];
      const count = Math.max(1, Math.ceil(Math.hypot(next[0] - point[0], next[1] - point[1]) / 2));
      return Array.from({ length: count }, (_, at) =>
        point.map((value, axis) => value + ((next[axis] - value) * at) / count),
      );
    });

  const erase = (event) => {
    const from = rubbed ?? place(event);
    rubbed = place(event);
    const strokes = cut(sheet.strokes, from, rubbed);
    if (strokes.length !== sheet.strokes.length || strokes.some((points, index) => points !== sheet.strokes[index])) {
      sheet = { strokes, sample: null };
      changed();
    }
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || !event.isPrimary || event.button > 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointer = event.pointerId;
    before = sheet;
    rubbed = null;
    if (tool === "eraser") return erase(event);
    if (sheet.sample || sheet.example) sheet = { strokes: [], sample: null };
    const last = sheet.strokes.at(-1)?.at(-1);
    if (!last) origin = event.timeStamp;
    else if (event.timeStamp - origin < last[2]) origin = event.timeStamp - last[2] - 300;
    stroke = [];
    extend(event);
    changed();
  });

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) stroke ? extend(move) : erase(move);
    if (stroke) changed();
  });

  const lift = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    const after = stroke ? { strokes: inked(), sample: null } : sheet;
    stroke = null;
    sheet = before;
    if (after !== before) put(after);
    else changed(); // what was read while the pointer was down was a glance
    hurry();
  };
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, lift);

  /* ---- what the sheet looks like ---- */
  const trace = (target, points, scale, width) => {
    target.lineCap = target.lineJoin = "round";
    target.strokeStyle = "#fff";
    points.forEach((point, index) => {
      const from = points[Math.max(index - 1, 0)];
      target.lineWidth = width * scale * (0.6 + 0.8 * (point[3] || 0.5));
      target.beginPath();
      target.moveTo(from[0] * scale, from[1] * scale);
      target.lineTo(point[0] * scale + 0.01, point[1] * scale);
      target.stroke();
    });
  };

  const show = () => {
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)) || SIDE;
    if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
    context.clearRect(0, 0, side, side);
    if (sheet.sample && !stroke) showSample(side);
    for (const points of inked()) trace(context, points, side / SIDE, PEN);
    find(".hint").hidden = !blank();
    buttons.undo.disabled = !past.length;
    buttons.redo.disabled = !future.length;
    buttons.clear.disabled = blank();
  };

  const showSample = (side) => {
    const small = document.createElement("canvas");
    paint(small, unpack(sheet.sample.image).data, 28);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, side, side);
  };

  new ResizeObserver(show).observe(canvas);

  /* Continues pad.js: tools, keys and the shelf, and how the page opens. */

  /* ---- tools, keys and the shelf ---- */
  const choose = (name) => {
    tool = name;
    for (const button of element.querySelectorAll("[data-tool]"))
      button.setAttribute("aria-pressed", button.dataset.tool === name);
    canvas.style.cursor = name === "eraser" ? "cell" : "crosshair";
  };
  for (const button of element.querySelectorAll("[data-tool]"))
    button.addEventListener("click", () => choose(button.dataset.tool));
  for (const [name, button] of Object.entries(buttons)) button.addEventListener("click", actions[name]);

  /* Undo and redo work anywhere in the pad; single keys on the sheet alone, so that they surprise nobody elsewhere. */
  const KEYS = { e: () => choose("eraser"), p: () => choose("pen"), delete: actions.clear, backspace: actions.clear };
  element.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase(),
      command = event.ctrlKey || event.metaKey;
    const redo = key === "y" || (key === "z" && event.shiftKey);
    let act = null;
    if (command) act = redo ? actions.redo : key === "z" ? actions.undo : null;
    else if (!event.altKey && event.target === canvas) act = KEYS[key];
    if (act) {
      event.preventDefault();
      act();
    }
  });

  const untouched = ({ strokes }) => ({ strokes, sample: null, example: true });

  for (const example of props.examples) {
    const thumb = make("canvas", { width: 60, height: 60, "aria-hidden": "true" });
    for (const points of example.strokes) trace(thumb.getContext("2d"), points, 60 / SIDE, PEN);
    const button = make(
      "button",
      { type: "button", "aria-label": `Example: a ${example.label}`, title: `A ${example.label}` },
      thumb,
    );
    button.addEventListener("click", () => put(untouched(example)));
    find(".shelf").append(button);
  }

  const random = make(
    "button",
    { type: "button", class: "random", title: "A random digit of MNIST's test set" },
    "Random MNIST digit",
  );
  random.addEventListener("click", async () => {
    try {
      const sample = await call(server.sample, {});
      if (pointer === null) put({ strokes: [], sample }); // whoever draws by now wants no other digit
    } catch {
      say("The server does not answer. Try again in a moment.", true);
    }
  });
  find(".shelf").append(random);

  /* What Python wishes; a wish that the browser only remembered comes second to what was chosen in this tab. */
  const obey = () => {
    const { model, remembered } = props.value ?? {};
    if (!model) return;
    const own = ships(model) ? reader.own : model;
    useModel(remembered && kept("reader", keptReader) ? reader.model : model, own);
  };
  watch("value", obey);

  sheet = kept("sheet", keptSheet) ?? untouched(props.examples[0]);
  reader = kept("reader", keptReader) ?? reader;
  offer();
  obey();
  changed();
};
