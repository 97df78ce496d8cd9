import { on } from "../../../web/bus.js";
import { make, onceAFrame, svg } from "../../../web/dom.js";
import { percent } from "../../../web/format.js";
import { paper, saves, write } from "../../../web/save.js";
import { call } from "../../../web/server.js";

/* What all parts of this view share; microscope.PART.js go on in the same scope. */
export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  const FALLS = "#ef7d1a",
    RISES = "#2f7de1",
    FONT = "system-ui, sans-serif";
  const USUAL = { sgd: 0.1, adam: 0.003 }; // where the slider begins

  let seen = null,
    look = null,
    at = 0; // the page's reading; the server's answer; the index of the chosen rate
  let label = null,
    way = "sgd",
    steps = []; // the right digit, null for the one that was read; the steps that were taken
  let wanted = "",
    asking = false,
    inSight = false;
  const looks = new Map(); // answers for this drawing and this model, by what was asked: undo costs no request

  /* Status lines are read aloud whenever they are written, so they are written only when they change. */
  const tell = (selector, text) => {
    if (find(selector).textContent !== text) find(selector).textContent = text;
  };
  const say = (text) => tell(".message", text);
  const number = (value, digits = 2) =>
    value === null
      ? "no number"
      : value && Math.abs(value) < 0.001
        ? `${value < 0 ? "−" : ""}<0.001`
        : String(Number(value.toPrecision(digits)));
  const rate = () => look.rates[at];
  /* What the model calls a class. */
  const named = (digit) => seen?.model.names?.[digit] ?? String(digit);

  /* ---- asking: one request at a time; when it is answered, the newest question is next ---- */
  const question = () => JSON.stringify({ label, optimizer: way, steps });

  const ask = async () => {
    wanted = question();
    if (!seen || !inSight) return;
    if (looks.has(wanted)) {
      busy(false);
      return show(looks.get(wanted));
    }
    busy(true);
    if (!look) tell(".summary", "Taking a first step …");
    if (asking) return;
    asking = true;
    const asked = wanted,
      source = seen.source;
    let failed = "";
    try {
      const answer = await call(server.look, { ...source, ...JSON.parse(asked) });
      if (answer.error) failed = answer.error;
      else if (seen?.source === source) looks.set(asked, answer);
    } catch {
      failed = "The server does not answer. Try again in a moment.";
    }
    asking = false;
    if (seen?.source !== source || asked !== wanted) return ask();
    if (!failed) return ask();
    busy(false);
    if (!look) tell(".summary", "");
    say(failed);
  };

  const reveal = (is) => {
    for (const part of element.querySelectorAll("[data-when]")) part.hidden = !is;
  };
  const busy = (is) => {
    for (const selector of [".columns", ".who"]) find(selector).setAttribute("aria-busy", is);
  };

  /* ---- what is seen, at the chosen rate ---- */
  const show = (answer) => {
    const other = look?.rates.join() !== answer.rates.join();
    look = answer;
    reveal(true);
    if (other)
      at = look.rates.reduce(
        (best, value, index) =>
          Math.abs(Math.log(value / USUAL[way])) < Math.abs(Math.log(look.rates[best] / USUAL[way])) ? index : best,
        0,
      );
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
    tell(".summary", summary());
    tell(".detail", detail());
    showCursor();
    showParts();
  };

  let rows = [];
  const bars = () => {
    if (
      rows.map(({ item }) => item.firstChild.textContent).join() ===
      look.before.probs.map((_, digit) => named(digit)).join()
    )
      return rows;
    rows = look.before.probs.map((_, digit) => {
      const was = make("div", { class: "fill was" }),
        is = make("div", { class: "fill is" }),
        share = make("span", { class: "share" });
      return {
        item: make("li", {}, make("span", {}, named(digit)), make("div", { class: "track" }, was, is), share),
        was,
        is,
        share,
      };
    });
    find(".bars").replaceChildren(...rows.map(({ item }) => item));
    return rows;
  };

  /* ---- in words ---- */
  const an = (digit) =>
    named(digit).length > 1 ? named(digit) : `${named(digit) === "8" ? "an" : "a"} ${named(digit)}`;

  const summary = () => {
    const before = look.before.probs[look.label],
      after = look.after[at].probs[look.label],
      fall = look.before.loss - look.after[at].loss;
    if (look.after[at].loss === null) return "This step is so long that the model gives no number any more.";
    if (look.before.loss < 0.01 && fall >= 0)
      return steps.length
        ? `The copy is ${percent(before)} sure of ${named(look.label)} now: there is next to nothing left to learn.`
        : `The model is ${percent(before)} sure of ${named(look.label)} already: there is next to nothing to learn here. Say that it should be another digit.`;
    if (fall < 0)
      return `Too far! The step overshoots, and the loss rises from ${number(look.before.loss, 3)} to ${number(look.after[at].loss, 3)}.`;
    if (percent(after) === percent(before))
      return `The right way, but not far: with this step the model is still ${percent(before)} sure of ${named(look.label)}.`;
    return `With this step the model is ${percent(after)} sure that this is ${an(look.label)}, from ${percent(before)}.`;
  };

  const detail = () => {
    const now = look.after[at],
      fall = look.before.loss - now.loss,
      others = look.others;
    const told = [`Loss ${number(look.before.loss, 3)} → ${number(now.loss, 3)}.`];
    const most = outermost().reduce((best, part) => (part.alone[at] > best.alone[at] ? part : best));
    const who = `${most.name === "block" ? "" : "The "}${most.name === "block" ? title(most) : most.name} alone would bring`;
    if (fall > 0.001 && most.alone[at] > 0)
      told.push(
        most.alone[at] >= fall
          ? `${who} all of this fall.`
          : `${who} ${Math.round((100 * most.alone[at]) / fall)} % of this fall, more than any other part.`,
      );
    if (others)
      told.push(
        `Of ${others.of} other digits the model then reads ${others.after[at]} right${others.after[at] === others.before ? ", as before" : `, instead of ${others.before}`}.`,
      );
    return told.join(" ");
  };

  /* Continues microscope.js: the loss on the drawing, and how many other digits stay right, against the rate. */

  const CHART = { width: 420, height: 210, left: 36, right: 46, top: 14, bottom: 34 };
  const text = (x, y, words, attributes = {}) =>
    svg(
      "text",
      { x, y, "font-family": FONT, "font-size": 12, fill: "currentColor", "text-anchor": "middle", ...attributes },
      String(words),
    );

  const across = (index) => CHART.left + ((CHART.width - CHART.left - CHART.right) * index) / (look.rates.length - 1);
  const up = (share) =>
    CHART.height - CHART.bottom - (CHART.height - CHART.top - CHART.bottom) * Math.min(Math.max(share, 0), 1);
  /* A loss that explodes would press all others flat, so the scale ends at twice the loss before, or at that of blind
     guessing; what is above stands at the top, as a hollow dot. */
  const most = () => Math.max(2 * look.before.loss, Math.log(look.before.probs.length));
  const lossUp = (loss) => up(loss === null ? 1 : loss / most());

  const path = (heights, attributes) =>
    svg("polyline", {
      points: heights.map((height, index) => `${across(index).toFixed(1)},${height.toFixed(1)}`).join(" "),
      fill: "none",
      "stroke-width": 2,
      "stroke-linejoin": "round",
      ...attributes,
    });

  /* Told apart without colour too: the one solid with dots, the other dashed with squares. */
  const curves = () => {
    const losses = look.after.map(({ loss }) => lossUp(loss)),
      others = look.others?.after.map((right) => up(right / look.others.of));
    return [
      ...(others
        ? [
            path(others, { stroke: RISES, "stroke-dasharray": "5 3" }),
            ...others.map((y, index) =>
              svg("rect", { x: across(index) - 2.5, y: y - 2.5, width: 5, height: 5, fill: RISES }),
            ),
          ]
        : []),
      path(losses, { stroke: FALLS }),
      ...losses.map((y, index) =>
        svg("circle", {
          cx: across(index),
          cy: y,
          r: 3,
          stroke: FALLS,
          fill: (look.after[index].loss ?? Infinity) > most() ? "#fff" : FALLS,
        }),
      ),
    ];
  };

  /* The decades that lie within the rates. */
  const decades = () => {
    const first = Math.log10(look.rates[0]),
      last = Math.log10(look.rates.at(-1)),
      marks = [];
    for (let power = Math.ceil(first - 0.01); power <= last + 0.01; power++)
      marks.push(
        svg(
          "g",
          {},
          text(
            across(((power - first) / (last - first)) * (look.rates.length - 1)),
            CHART.height - 18,
            Number((10 ** power).toPrecision(1)),
          ),
        ),
      );
    return marks;
  };

  const drawChart = () => {
    const end = CHART.width - CHART.right,
      zero = up(0),
      before = lossUp(look.before.loss);
    const rules = [0, 0.5, 1].flatMap((share) => [
      svg("line", {
        x1: CHART.left,
        x2: end,
        y1: up(share),
        y2: up(share),
        stroke: "currentColor",
        "stroke-opacity": 0.15,
      }),
      text(CHART.left - 5, up(share) + 4, number(share * most()), { "text-anchor": "end" }),
      ...(look.others
        ? [text(end + 5, up(share) + 4, `${100 * share} %`, { "text-anchor": "start", fill: RISES })]
        : []),
    ]);
    const level = [
      svg("line", {
        x1: CHART.left,
        x2: end,
        y1: before,
        y2: before,
        stroke: "currentColor",
        "stroke-opacity": 0.7,
        "stroke-dasharray": "2 3",
      }),
      text(end - 4, before - 5, "loss before", { "text-anchor": "end" }),
    ];
    const cursor = svg("line", {
      class: "cursor",
      y1: CHART.top,
      y2: zero,
      stroke: "currentColor",
      "stroke-width": 1.5,
    });
    const words = text(CHART.width / 2, CHART.height - 3, "", { class: "chosen", "font-weight": 600 });
    find(".chart").replaceChildren(
      svg(
        "svg",
        { viewBox: `0 0 ${CHART.width} ${CHART.height}`, xmlns: "http://www.w3.org/2000/svg", "aria-hidden": "true" },
        ...rules,
        ...decades(),
        ...level,
        cursor,
        ...curves(),
        words,
      ),
    );
    find(".rate").max = look.rates.length - 1;
  };

  const showCursor = () => {
    for (const name of ["x1", "x2"]) find(".cursor").setAttribute(name, across(at));
    find(".chosen").textContent = `learning rate ${rate()}`;
  };

  /* Continues microscope.js: which parts brought the fall of the loss. */

  const open = new Set(); // blocks that are unfolded
  const title = (part) =>
    part.name === "block" ? `Layer ${part.block + 1}` : part.name[0].toUpperCase() + part.name.slice(1);
  /* Queries, keys and values have their colour everywhere in the page: this is its name in the style. */
  const hue = ({ name }) => ({ queries: "q", keys: "k", values: "v" })[name];
  const outermost = () => look.parts.filter((part) => part.block === null || part.name === "block");
  const inside = (part) => part.block !== null && part.name !== "block";
  const shownParts = () => look.parts.filter((part) => !inside(part) || open.has(part.block));

  /* From the worst to the best that one part does; zero lies between. */
  const span = () => {
    const falls = shownParts().map((part) => part.alone[at] ?? 0);
    const low = Math.min(0, ...falls),
      high = Math.max(0.001, ...falls);
    return { low, high, place: (value) => (100 * (Math.min(Math.max(value ?? 0, low), high) - low)) / (high - low) };
  };

  const moved = (part) => (part.length ? `${number((100 * part.moved[at]) / part.length)} %` : number(part.moved[at]));

  const bar = (part, { place }) => {
    const from = place(0),
      to = place(part.alone[at]);
    return make(
      "span",
      { class: "alone" },
      make("u", { style: `left: ${from}%` }),
      make("i", {
        class: to < from ? "up" : "",
        style: `left: ${Math.min(from, to)}%; width: ${Math.abs(to - from)}%`,
      }),
      make("b", { style: `left: ${place(part.predicted[at])}%` }),
    );
  };

  const line = (part, spans) => {
    const fall = part.alone[at],
      says =
        fall === null
          ? "gives no number"
          : fall < 0
            ? `raises the loss by ${number(-fall)}`
            : `lowers the loss by ${number(fall)}`;
    const tip = `${title(part)} alone ${says}; the slope promised ${number(part.predicted[at])}. Its parameters, ${number(part.length, 3)} long, move by ${number(part.moved[at])}.`;
    const block = part.name === "block",
      made = make(block ? "button" : "div", {
        class: "part",
        title: tip,
        ...(block ? { type: "button", "aria-expanded": open.has(part.block), "data-block": part.block } : {}),
      });
    made.append(
      make("span", { class: "name" }, hue(part) ? make("b", { class: hue(part) }, title(part)) : title(part)),
      bar(part, spans),
      make("span", {}, moved(part)),
      make("span", {}, number(part.gradient)),
    );
    const item = make("li", inside(part) ? { class: "within" } : {}, made);
    item.hidden = inside(part) && !open.has(part.block);
    return item;
  };

  const showParts = () => {
    const focused = element.getRootNode().activeElement?.dataset?.block,
      spans = span();
    find(".parts").replaceChildren(...look.parts.map((part) => line(part, spans)));
    find(".scale").textContent = `fall of the loss, up to ${number(spans.high)}`;
    if (focused) find(`[data-block="${focused}"]`)?.focus();
    const fall = look.before.loss - look.after[at].loss,
      apart = outermost().reduce((sum, part) => sum + part.alone[at], 0);
    find(".sum").textContent =
      Math.abs(fall) < 0.001 && Math.abs(apart) < 0.001
        ? "No part changes the loss by as much as 0.001."
        : `All parts together ${fall < 0 ? "raise" : "lower"} the loss by ${number(Math.abs(fall), 3)}; what each would do alone adds up to ${apart < 0 ? "a rise" : "a fall"} of ${number(Math.abs(apart), 3)}. ${togetherness(fall, apart)}`;
  };

  /* Parts change the loss together, so what each does alone need not add up. */
  const togetherness = (fall, apart) => {
    if (fall < 0) return "Together they overshoot.";
    if (Math.abs(fall - apart) <= 0.05 * Math.max(Math.abs(fall), Math.abs(apart)))
      return "The two agree, as they do for short steps.";
    return fall > apart
      ? "Together they do more: each makes the others' steps count for more."
      : "Together they do less: what one part has brought, the next cannot bring again.";
  };

  /* Continues microscope.js: what is pressed, what the page sends, and files. */

  const showChoices = () => {
    const count = look.before.probs.length;
    if (
      find(".digits").children.length !== count ||
      find(".digits").textContent !== look.before.probs.map((_, digit) => named(digit)).join("")
    ) {
      find(".digits").replaceChildren(
        ...Array.from({ length: count }, (_, digit) => {
          const input = make("input", { type: "radio", name: "inkling-microscope-digit", value: digit });
          input.addEventListener("change", () => {
            label = digit;
            ask();
          });
          return make("label", {}, input, make("span", {}, named(digit)));
        }),
      );
    }
    for (const choice of find(".digits").children) {
      const digit = Number(choice.firstChild.value);
      choice.classList.toggle("read", digit === look.digit);
      choice.firstChild.checked = digit === look.label;
    }
    for (const name of ["undo", "reset"]) find(`[data-do="${name}"]`).disabled = !steps.length;
    find('[data-do="take"]').disabled = steps.length >= props.max_steps;
    tell(
      ".taken",
      steps.length ? `${steps.length} of at most ${props.max_steps} steps taken on the copy` : "No step taken yet",
    );
  };

  const actions = {
    take: () => {
      if (look.after[at].loss === null) return say("After such a step there would be nothing left to read with.");
      steps = [...steps, { label: look.label, lr: rate(), optimizer: way }];
      ask();
    },
    undo: () => {
      steps = steps.slice(0, -1);
      ask();
    },
    reset: () => {
      steps = [];
      ask();
    },
  };
  /* While an answer is on its way, what is on the screen is not what a press would be about. */
  const settled = () => look && looks.get(wanted) === look;
  for (const button of element.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => {
      if (settled() || (look && button.dataset.do !== "take")) actions[button.dataset.do]();
    });
  for (const input of element.querySelectorAll(".ways input"))
    input.addEventListener("change", () => {
      way = input.value;
      ask();
    });

  const later = onceAFrame(() => {
    if (look) showRate();
  });
  const choose = (index) => {
    if (look && index !== at && look.after[index]) {
      at = index;
      later();
    }
  };
  find(".rate").addEventListener("input", () => choose(Number(find(".rate").value)));
  const drag = (event) => {
    if (!look || (event.type === "pointermove" && !event.buttons)) return;
    const box = find(".chart").getBoundingClientRect(),
      x = ((event.clientX - box.left) / box.width) * CHART.width;
    choose(
      look.rates.reduce(
        (best, _, index) => (Math.abs(across(index) - x) < Math.abs(across(best) - x) ? index : best),
        0,
      ),
    );
  };
  for (const type of ["pointerdown", "pointermove"]) find(".chart").addEventListener(type, drag);

  find(".parts").addEventListener("click", (event) => {
    const block = event.target.closest("[data-block]")?.dataset.block;
    if (block === undefined) return;
    if (!open.delete(Number(block))) open.add(Number(block));
    showParts();
  });

  /* ---- files ---- */
  const box = (x, y, width, height, fill) => svg("rect", { x, y, width, height, fill });

  const digitRow = (share, digit) => {
    const y = 84 + 21 * digit;
    return [
      write(20, y + 12, named(digit)),
      box(36, y, 190 * look.before.probs[digit], 5, "#94a3b8"),
      box(36, y + 6, 190 * share, 9, FALLS),
      write(234, y + 12, percent(share)),
    ];
  };

  const partRow = (part, index) => {
    const { place } = span(),
      y = 356 + 20 * index,
      from = 190 + 4 * place(0),
      to = 190 + 4 * place(part.alone[at]);
    const underline = hue(part)
      ? [box(36, y + 14, 7 * title(part).length, 3, getComputedStyle(element).getPropertyValue(`--${hue(part)}`))]
      : [];
    return [
      write(inside(part) ? 36 : 20, y + 11, title(part)),
      ...underline,
      box(Math.min(from, to), y, Math.abs(to - from), 13, to < from ? RISES : FALLS),
      box(189 + 4 * place(part.predicted[at]), y - 1, 2, 15, "#111"),
      write(670, y + 11, moved(part), { "text-anchor": "end" }),
      write(760, y + 11, number(part.gradient), { "text-anchor": "end" }),
    ];
  };

  const sheet = () => {
    const chart = find(".chart svg").cloneNode(true),
      parts = shownParts(),
      height = 376 + 20 * parts.length,
      small = { "font-size": 11 };
    for (const [name, value] of Object.entries({ x: 340, y: 74, width: 440, height: 220, color: "#111" }))
      chart.setAttribute(name, value);
    const said = summary()
      .split(/(?<=[.!]) /)
      .map((sentence, index) => write(20, 26 + 20 * index, sentence, { "font-size": 15, "font-weight": 600 }));
    const heads = [
      write(20, 66, "grey before, orange after", small),
      write(340, 66, "orange: loss on the drawing; blue: other digits read right", small),
      write(20, 340, "Which parts did it?", { "font-weight": 600 }),
      write(
        190,
        340,
        `fall of the loss by this part alone, up to ${number(span().high)}; line: as the slope promised`,
        small,
      ),
      write(670, 340, "moved by", { ...small, "text-anchor": "end" }),
      write(760, 340, "gradient", { ...small, "text-anchor": "end" }),
    ];
    return paper(
      800,
      height,
      12.5,
      ...said,
      ...heads,
      ...look.after[at].probs.flatMap(digitRow),
      chart,
      ...parts.flatMap(partRow),
    );
  };
  saves(element, { ready: () => look, name: () => `one-step-${named(look.label)}`, picture: sheet });

  /* ---- following the page: a new drawing, or another model, begins anew ---- */
  const anew = (reading) => {
    seen = reading;
    looks.clear();
    label = null;
    steps = [];
  };

  on("nothing", () => {
    anew(null);
    look = null;
    reveal(false);
    busy(false);
    tell(".summary", "Draw a digit first.");
  });

  on("reading", (reading) => {
    if (!reading.whole) return;
    anew(reading);
    ask();
  });

  new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    if (inSight && seen && !settled()) ask();
  }).observe(element);
};
