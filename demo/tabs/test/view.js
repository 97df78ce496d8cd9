import { on } from "../../web/bus.js";
import { make, paint, svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { rove } from "../../web/keyboard.js";
import { saves } from "../../web/save.js";
import { call } from "../../web/server.js";

/* What all parts of this view share; evaluation.PART.js go on in the same scope. */
export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  const GOOD = "#2f7de1",
    BAD = "#ef7d1a",
    FONT = "system-ui, sans-serif";

  let seen = null; // the page's last whole reading
  const tests = new Map(),
    rough = new Map(),
    cells = new Map(); // by the model's token: what the server found of it

  const token = () => seen.source.model;
  const shippedAs = (model) => props.models.find((shipped) => shipped.token === model);
  const named = (model) => (shippedAs(model) ? `the model with ${shippedAs(model).label}` : "your model");
  const exact = (share) => `${(100 * share).toFixed(2)} %`;
  const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
  const say = (text) => {
    find(".message").textContent = text;
  };

  /* Text in an <svg> takes the page's colour, and in a file the file's. */
  const text = (x, y, words, attributes = {}) =>
    svg(
      "text",
      {
        x,
        y,
        "font-family": FONT,
        "font-size": 8,
        fill: "currentColor",
        "text-anchor": "middle",
        "dominant-baseline": "central",
        ...attributes,
      },
      String(words),
    );
  const drawn = (width, height, label, ...children) =>
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, xmlns: "http://www.w3.org/2000/svg", role: "group", "aria-label": label },
      ...children,
    );

  /* A sheet of digits as demo/tabs/test/server.py draws it -> paints digit `index` of it on a canvas. */
  const opened = async ({ sheet, columns }) => {
    const image = new Image();
    if (sheet) {
      image.src = `data:image/png;base64,${sheet}`;
      await image.decode();
    }
    return (canvas, index) => {
      const brush = canvas.getContext("2d");
      brush.clearRect(0, 0, 28, 28);
      brush.drawImage(image, (index % columns) * 28, Math.floor(index / columns) * 28, 28, 28, 0, 0, 28, 28);
      return canvas;
    };
  };
  const picture = (show, index, attributes) =>
    svg("image", {
      href: show(make("canvas", { width: 28, height: 28 }), index).toDataURL(),
      style: "image-rendering: pixelated",
      ...attributes,
    });

  /* Continues evaluation.js: the confusion matrix, the digits behind its cells, and the calibration diagram. */

  const SIDE = 20,
    LEFT = 30,
    TOP = 26,
    FIRST = 24; // the matrix's measures; digits that a gallery shows at first
  let shownCell = null,
    more = null; // [written, read], or null for the worst mistakes; shows the rest of the gallery

  const showMatrix = ({ confusion }) => {
    const most = Math.log(
      1 + confusion.reduce((found, row, at) => Math.max(found, ...row.filter((_, column) => column !== at)), 1),
    );
    const parts = confusion.flatMap((row, written) =>
      row.map((count, read) => {
        const x = LEFT + SIDE * read,
          y = TOP + SIDE * written,
          right = written === read;
        const strength = right ? 0.3 : count ? 0.15 + (0.6 * Math.log(1 + count)) / most : 0;
        return svg(
          "g",
          {
            role: "button",
            tabindex: written || read ? -1 : 0,
            "data-cell": `${written},${read}`,
            "aria-label": `${written} read as ${read}: ${counted(count, "digit")}`,
          },
          svg("rect", {
            x: x + 0.5,
            y: y + 0.5,
            width: SIDE - 1,
            height: SIDE - 1,
            rx: 2.5,
            fill: right ? GOOD : BAD,
            "fill-opacity": strength,
            stroke: "currentColor",
            "stroke-opacity": 0.9,
            "stroke-width": 0,
          }),
          text(x + SIDE / 2, y + SIDE / 2, count || "·", {
            "font-size": 7.5,
            "font-weight": count && !right ? 700 : 400,
            opacity: count ? 1 : 0.45,
          }),
        );
      }),
    );
    const digits = confusion.flatMap((row, at) => {
      const all = row.reduce((sum, count) => sum + count, 0);
      return [
        text(LEFT + SIDE * (at + 0.5), TOP - 7, at, { "font-size": 9, "font-weight": 700 }),
        text(LEFT - 8, TOP + SIDE * (at + 0.5), at, { "font-size": 9, "font-weight": 700 }),
        text(LEFT + 10 * SIDE + 16, TOP + SIDE * (at + 0.5), all ? `${((100 * row[at]) / all).toFixed(1)} %` : "", {
          "font-size": 7,
          opacity: 0.85,
        }),
      ];
    });
    find(".matrix").replaceChildren(
      drawn(
        LEFT + 10 * SIDE + 32,
        TOP + 10 * SIDE + 2,
        "Confusion matrix",
        text(LEFT + 5 * SIDE, 7, "read as", { "font-size": 8 }),
        text(8, TOP + 5 * SIDE, "written", { "font-size": 8, transform: `rotate(-90 8 ${TOP + 5 * SIDE})` }),
        text(LEFT + 10 * SIDE + 16, TOP - 7, "right", { "font-size": 7, opacity: 0.85 }),
        ...digits,
        ...parts,
      ),
    );
    markCell();
  };

  const markCell = () => {
    for (const cell of find(".matrix").querySelectorAll("[data-cell]")) {
      const open = cell.dataset.cell === String(shownCell);
      cell.setAttribute("aria-pressed", open);
      cell.querySelector("rect").setAttribute("stroke-width", open ? 1.8 : 0);
    }
  };

  /* ---- the digits behind a cell, or the worst mistakes ---- */
  const bars = Array.from({ length: 10 }, (_, digit) => {
    const fill = make("div", { class: "fill" }),
      item = make("li", {}, make("div", { class: "track" }, fill), String(digit));
    find(".bars").append(item);
    return { item, fill };
  });

  const showOne = (digit) => {
    find(".one").textContent = digit
      ? `Test digit ${digit.index.toLocaleString("en")}: written as ${digit.written}, read as ${digit.read} (${percent(digit.probs[digit.read])} sure).${digit.written === digit.read ? "" : ` It gave the right answer, ${digit.written}, ${percent(digit.probs[digit.written])}.`}`
      : "";
    bars.forEach(({ item, fill }, at) => {
      fill.style.transform = `scaleY(${digit ? digit.probs[at] : 0})`;
      item.classList.toggle("written", digit?.written === at);
    });
  };

  const title = ({ count, digits }) => {
    const part = digits.length < count ? `, ${digits.length} of them` : "";
    if (!shownCell)
      return count
        ? `${part ? `Of its ${counted(count, "mistake")} the ${digits.length} worst` : `Its ${counted(count, "mistake")}`}, the surest first`
        : "It made no mistake";
    const [written, read] = shownCell;
    if (!count) return `No ${written} was read as ${read}`;
    return written === read
      ? `${counted(count, "digit")} rightly read as ${read}${part}, the least sure first`
      : `Written as ${written}, read as ${read}: ${counted(count, "digit")}${part}`;
  };

  const showGallery = async (found, first = FIRST) => {
    const show = await opened(found),
      wrong = !shownCell,
      digits = found.digits.slice(0, first);
    find(".which").textContent = title(found);
    find(".back").disabled = wrong;
    find(".gallery").replaceChildren(
      ...digits.map((digit, at) => {
        const caption = wrong ? `${digit.written} → ${digit.read}` : percent(digit.probs[digit.read]);
        const tile = make(
          "button",
          {
            type: "button",
            "aria-label": `${caption}: written as ${digit.written}, read as ${digit.read}, ${percent(digit.probs[digit.read])} sure`,
          },
          show(make("canvas", { width: 28, height: 28 }), at),
          caption,
        );
        for (const event of ["pointerenter", "focus", "click"]) tile.addEventListener(event, () => showOne(digit));
        return tile;
      }),
    );
    more = () => showGallery(found, Infinity);
    find(".more").hidden = digits.length === found.digits.length;
    find(".more").textContent = `Show ${found.digits.length - digits.length} more`;
    showOne(found.digits[0]);
  };

  const openCell = async (written, read) => {
    const model = token(),
      key = `${model} ${written} ${read}`;
    shownCell = [written, read];
    markCell();
    try {
      if (!cells.has(key)) {
        const answer = await call(server.cell, { model, written, read });
        if (answer.error) {
          tests.delete(model);
          return say(answer.error);
        }
        cells.set(key, answer);
      }
      if (String(shownCell) === String([written, read]) && model === token()) await showGallery(cells.get(key));
    } catch {
      say("The server does not answer. Try again in a moment.");
    }
  };

  const worst = () => {
    shownCell = null;
    markCell();
    showGallery(tests.get(token()).worst);
  };

  const matrix = find(".matrix"),
    cellAt = (event) => event.target.closest?.("[data-cell]")?.dataset.cell.split(",").map(Number);
  matrix.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (cell) openCell(...cell);
  });
  rove(matrix, "[data-cell]", () => 10);
  find(".back").addEventListener("click", worst);
  find(".more").addEventListener("click", () => more());

  /* ---- of the answers that it is 90 % sure of, how many are right? ---- */
  const inWords = ([count, sure, right]) =>
    `Of ${counted(count, "digit")} of which it was about ${percent(sure)} sure, ${percent(right)} ${count === 1 ? "was" : "were"} right.`;

  const showTrust = ({ calibration: { error, bins }, images }) => {
    const x = (share) => 34 + 250 * share,
      y = (share) => 214 - 200 * share;
    const axis = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      svg("line", { x1: x(0), x2: x(1), y1: y(share), y2: y(share), stroke: "currentColor", "stroke-opacity": 0.15 }),
      text(22, y(share), `${100 * share}`),
      text(x(share), 224, `${100 * share}`),
    ]);
    const dots = bins.map((bin, at) => {
      const [count, sure, right, low, high] = bin;
      return svg(
        "g",
        { tabindex: at ? -1 : 0, role: "img", "data-bin": at, "aria-label": inWords(bin) },
        svg("line", {
          x1: x(sure),
          x2: x(sure),
          y1: y(Math.max(low, 0)),
          y2: y(Math.min(high, 1)),
          stroke: BAD,
          "stroke-width": 1.6,
        }),
        svg("circle", {
          cx: x(sure),
          cy: y(right),
          r: 3 + (5 * Math.log(1 + count)) / Math.log(1 + images),
          fill: BAD,
        }),
      );
    });
    find(".diagram").replaceChildren(
      drawn(
        300,
        242,
        "Calibration diagram",
        ...axis,
        svg("line", {
          x1: x(0),
          y1: y(0),
          x2: x(1),
          y2: y(1),
          stroke: "currentColor",
          "stroke-dasharray": "4 3",
          "stroke-opacity": 0.6,
        }),
        text(x(0.2), y(0.31), "as good as its word", { transform: `rotate(-38.7 ${x(0.2)} ${y(0.31)})`, opacity: 0.8 }),
        text(x(0.5), 236, "how sure it was, in %"),
        text(8, y(0.5), "share that was right, in %", { transform: `rotate(-90 8 ${y(0.5)})` }),
        ...dots,
      ),
    );
    find(".error").textContent =
      `When a model says 90 %, nine of ten such answers should be right. Here what it says and what is right are ${(100 * error).toFixed(2)} points apart on average (expected calibration error).`;
    find(".bin").textContent = bins.length
      ? `${inWords(bins[bins.length - 1])} Dots on the dashed line keep their word; the bars are 95 % intervals, and a larger dot stands for more digits. Point at one.`
      : "";
  };
  for (const event of ["pointerover", "focusin"])
    find(".diagram").addEventListener(event, ({ target }) => {
      const bin = target.closest?.("[data-bin]");
      if (bin) find(".bin").textContent = bin.getAttribute("aria-label");
    });
  rove(find(".diagram"), "[data-bin]");

  /* Continues evaluation.js: the accuracy on changed digits, beside another model's. */

  const CHART = { width: 230, height: 176, left: 36, right: 10, top: 22, bottom: 52 };
  let beside = null,
    example = null; // the token of the other model; paints the digit that shows the changes
  const own = new Set(); // tokens of the visitor's own models that have read here

  const offered = () => [...props.models.map((model) => model.token), ...own].filter((model) => model !== token());

  const showBeside = () => {
    const others = offered();
    if (!others.includes(beside)) beside = others[0] ?? null;
    find(".beside").hidden = !others.length;
    const choice = (model, label) => {
      const input = make("input", { type: "radio", name: "inkling-evaluation-beside", value: model });
      input.checked = model === (beside ?? "");
      input.addEventListener("change", () => {
        beside = model || null;
        showCurves();
        follow();
      });
      return make("label", {}, input, make("span", {}, label));
    };
    find(".beside").replaceChildren(
      ...(others.length
        ? [...others.map((model) => choice(model, `Beside ${named(model)}`)), choice("", "Alone")]
        : []),
    );
  };

  const place =
    ({ amounts }) =>
    (at) =>
      CHART.left +
      ((CHART.width - CHART.left - CHART.right) * (amounts[at] - amounts[0])) /
        (amounts[amounts.length - 1] - amounts[0]);
  const height = (share) => CHART.height - CHART.bottom - (CHART.height - CHART.top - CHART.bottom) * share;

  /* Told apart without colour too: the one solid with dots, the other dashed with squares. */
  const line = (x, shares, other) => [
    svg("polyline", {
      points: shares.map((share, at) => `${x(at).toFixed(1)},${height(share).toFixed(1)}`).join(" "),
      fill: "none",
      stroke: other ? GOOD : BAD,
      "stroke-width": 2,
      "stroke-linejoin": "round",
      ...(other ? { "stroke-dasharray": "5 3" } : {}),
    }),
    ...shares.map((share, at) =>
      other
        ? svg("rect", { x: x(at) - 2, y: height(share) - 2, width: 4, height: 4, fill: GOOD })
        : svg("circle", { cx: x(at), cy: height(share), r: 2.4, fill: BAD }),
    ),
  ];

  const chart = (way, first, mine, others) => {
    const x = place(way),
      last = way.amounts.length - 1,
      parts = last % 4 ? 3 : 4,
      marks = Array.from({ length: parts + 1 }, (_, part) => Math.round((part * last) / parts));
    const grid = [0, 0.5, 1].flatMap((share) => [
      svg("line", {
        x1: CHART.left,
        x2: CHART.width - CHART.right,
        y1: height(share),
        y2: height(share),
        stroke: "currentColor",
        "stroke-opacity": 0.18,
      }),
      text(14, height(share), `${100 * share} %`),
    ]);
    const thumbs = marks.flatMap((at) => [
      picture(example, first + at, {
        x: Math.min(Math.max(x(at) - 12, 0), CHART.width - 24),
        y: CHART.height - CHART.bottom + 14,
        width: 24,
        height: 24,
      }),
      text(Math.min(x(at), CHART.width - 10), CHART.height - CHART.bottom + 7, way.amounts[at]),
    ]);
    const here = svg("line", {
      y1: CHART.top,
      y2: height(0),
      stroke: "currentColor",
      "stroke-width": 1,
      visibility: "hidden",
    });
    const made = drawn(
      CHART.width,
      CHART.height,
      way.title,
      text(2, 9, way.title, { "text-anchor": "start", "font-size": 11, "font-weight": 700 }),
      text(CHART.width / 2, CHART.height - 6, way.unit),
      ...grid,
      ...(others ? line(x, others, true) : []),
      ...line(x, mine, false),
      ...thumbs,
      here,
    );
    for (const [name, value] of Object.entries({
      role: "slider",
      tabindex: 0,
      "aria-valuemin": 0,
      "aria-valuemax": last,
      "data-way": way.name,
    }))
      made.setAttribute(name, value);
    let now = way.amounts.indexOf(way.nothing);
    const point = (at) => {
      now = Math.min(Math.max(at, 0), last);
      for (const other of find(".charts").querySelectorAll("[data-here]")) other.setAttribute("visibility", "hidden");
      for (const [name, value] of Object.entries({ x1: x(now), x2: x(now), visibility: "visible" }))
        here.setAttribute(name, value);
      const words = `${way.title}, ${way.amounts[now]} ${way.unit}: ${named(token())} reads ${(100 * mine[now]).toFixed(1)} % right${others ? `, ${named(beside)} ${(100 * others[now]).toFixed(1)} %` : ""}.`;
      made.setAttribute("aria-valuenow", now);
      made.setAttribute("aria-valuetext", words);
      find(".point p").textContent = words;
      example(find(".point canvas"), first + now);
    };
    here.setAttribute("data-here", "");
    made.setAttribute("aria-valuenow", now);
    made.addEventListener("pointermove", (event) => {
      const box = made.getBoundingClientRect(),
        at = ((event.clientX - box.left) / box.width) * CHART.width;
      point(
        way.amounts.reduce((best, _, index) => (Math.abs(x(index) - at) < Math.abs(x(best) - at) ? index : best), 0),
      );
    });
    made.addEventListener("focus", () => point(now));
    made.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity }[
        event.key
      ];
      if (!step) return;
      event.preventDefault();
      point(now + step);
    });
    return made;
  };

  const showCurves = () => {
    const mine = rough.get(token()),
      others = beside && rough.get(beside);
    find(".point").hidden = !mine;
    find(".sample").textContent = mine
      ? `Accuracy on ${mine.images} of the test digits, always the same ones, so a curve is true to within about two points where it is high. Orange and solid: ${named(token())}${others ? `; blue and dashed: ${named(beside)}` : ""}.`
      : "";
    for (const old of find(".charts").querySelectorAll("svg")) old.remove();
    if (!mine) return;
    let first = 0;
    for (const way of mine.ways) {
      find(".point").before(chart(way, first, mine.curves[way.name], others?.curves[way.name]));
      first += way.amounts.length;
    }
    example(find(".point canvas"), mine.ways[0].amounts.indexOf(mine.ways[0].nothing));
    find(".point p").textContent = "Point at a curve, or use the arrow keys on it.";
  };

  /* Continues evaluation.js: the drawing, moved, turned and rewritten. */

  let map = null,
    turned = null; // the server's answer; paints the turned and the rewritten drawings

  const degrees = (angle) => `${Math.abs(angle)}° ${angle < 0 ? "to the left" : "to the right"}`;
  const pixels = (count, one, other) => (count ? `${Math.abs(count)} ${count < 0 ? one : other}` : "");

  /* What change `at` of the answer is, in words. */
  const change = (at) => {
    const { shifts, angles, pens } = map,
      count = shifts.length;
    if (at < count * count) {
      const moves = [
        pixels(shifts[at % count], "left", "right"),
        pixels(shifts[Math.floor(at / count)], "up", "down"),
      ].filter(Boolean);
      return moves.length ? `Moved ${moves.join(" and ")} (pixels)` : "Where it is";
    }
    const rest = at - count * count;
    if (rest < angles.length) return angles[rest] ? `Turned ${degrees(angles[rest])}` : "Not turned";
    const pen = pens[rest - angles.length];
    return pen ? `Strokes ${2 * Math.abs(pen)} pixels ${pen < 0 ? "thinner" : "thicker"}` : "With its own pen";
  };

  const answer = () => map.digits[map.shifts.indexOf(0) * (map.shifts.length + 1)];
  const words = (at) => `${change(at)}: read as ${map.digits[at]}, ${percent(map.sure[at])} sure`;
  const colours = (at) => ({
    fill: map.digits[at] === answer() ? GOOD : BAD,
    "fill-opacity": 0.12 + 0.55 * map.sure[at] ** 2,
  });
  const part = (at, first, ...children) =>
    svg("g", { "data-at": at, tabindex: first ? 0 : -1, role: "img", "aria-label": words(at) }, ...children);
  const figure = (at, x, y, size) =>
    text(x, y, map.digits[at], {
      "font-size": size,
      "font-weight": map.digits[at] === answer() ? 400 : 800,
      "pointer-events": "none",
    });

  const drawShifts = () => {
    const count = map.shifts.length,
      size = 180 / count;
    return drawn(
      180,
      180,
      "The drawing moved",
      ...map.digits.slice(0, count * count).map((_, at) => {
        const x = (at % count) * size,
          y = Math.floor(at / count) * size,
          home = at === map.shifts.indexOf(0) * (count + 1);
        return part(
          at,
          home,
          svg("rect", {
            x: x + 0.4,
            y: y + 0.4,
            width: size - 0.8,
            height: size - 0.8,
            rx: 1.5,
            ...colours(at),
            ...(home ? { stroke: "currentColor", "stroke-width": 1.4 } : {}),
          }),
          figure(at, x + size / 2, y + size / 2, size * 0.6),
        );
      }),
    );
  };

  const drawRing = () => {
    const first = map.shifts.length ** 2,
      count = map.angles.length,
      half = Math.PI / count;
    const spot = (angle, radius) =>
      [90 + radius * Math.sin(angle), 90 - radius * Math.cos(angle)].map((value) => value.toFixed(2)).join(" ");
    const sectors = map.angles.map((angle, index) => {
      const at = first + index,
        way = (angle * Math.PI) / 180,
        [x, y] = spot(way, 74).split(" ").map(Number);
      const path = `M${spot(way - half, 60)}A60 60 0 0 1 ${spot(way + half, 60)}L${spot(way + half, 88)}A88 88 0 0 0 ${spot(way - half, 88)}Z`;
      return part(
        at,
        !angle,
        svg("path", {
          d: path,
          ...colours(at),
          stroke: "currentColor",
          "stroke-opacity": angle ? 0.25 : 1,
          "stroke-width": angle ? 0.5 : 1.4,
        }),
        figure(at, x, y, 8),
      );
    });
    return drawn(
      180,
      180,
      "The drawing turned",
      ...sectors,
      svg("rect", { x: 49, y: 49, width: 82, height: 82, rx: 8, fill: "#000" }),
      picture(turned, map.angles.indexOf(0), { x: 50, y: 50, width: 80, height: 80, "data-turned": "" }),
    );
  };

  const drawPens = () => {
    const first = map.shifts.length ** 2 + map.angles.length,
      columns = 5,
      rows = Math.ceil(map.pens.length / columns);
    return drawn(
      150,
      rows * 43 - 2,
      "The drawing with other pens",
      ...map.pens.map((pen, index) => {
        const at = first + index,
          x = (index % columns) * 30,
          y = Math.floor(index / columns) * 43;
        return part(
          at,
          !pen,
          svg("rect", {
            x: x + 1,
            y,
            width: 28,
            height: 41,
            rx: 3,
            ...colours(at),
            ...(pen ? {} : { stroke: "currentColor", "stroke-width": 1.4 }),
          }),
          picture(turned, map.angles.length + index, { x: x + 2, y: y + 1, width: 26, height: 26 }),
          figure(at, x + 15, y + 34, 9),
        );
      }),
    );
  };

  /* The change under the pointer, as the model gets it. */
  const showChange = (at) => {
    const { shifts } = map,
      count = shifts.length,
      moved = count * count,
      canvas = find(".look canvas");
    find(".seen").textContent = `${words(at)}.`;
    if (at >= moved) {
      turned(canvas, at - moved);
      if (at < moved + map.angles.length) find("[data-turned]").setAttribute("href", canvas.toDataURL());
      return;
    }
    const side = seen.model.image_size,
      right = shifts[at % count],
      down = shifts[Math.floor(at / count)],
      values = new Float32Array(side * side);
    for (let y = Math.max(0, down); y < Math.min(side, side + down); y++)
      for (let x = Math.max(0, right); x < Math.min(side, side + right); x++)
        values[y * side + x] = seen.image.data[(y - down) * side + x - right];
    paint(canvas, values, side);
  };

  const kept = (from, to) => map.digits.slice(from, to).filter((digit) => digit === answer()).length;

  const showDrawing = async (found) => {
    turned = await opened(found);
    map = found;
    const places = map.shifts.length ** 2,
      turns = map.angles.length;
    find(".shifts").replaceChildren(drawShifts());
    find(".ring").replaceChildren(drawRing());
    find(".pens").replaceChildren(drawPens());
    find(".breaks").textContent =
      `Read as ${answer()}. It is still ${answer()} in ${kept(0, places)} of ${places} places, at ${kept(places, places + turns)} of ${turns} angles, and with ${kept(places + turns)} of ${map.pens.length} pens.`;
    find(".drawing").hidden = false;
    showChange(map.shifts.indexOf(0) * (map.shifts.length + 1));
  };

  for (const event of ["pointerover", "focusin"])
    find(".around").addEventListener(event, ({ target }) => {
      const at = target.closest?.("[data-at]")?.dataset.at;
      if (at !== undefined && map) showChange(Number(at));
    });
  rove(find(".shifts"), "[data-at]", () => map.shifts.length);
  rove(find(".ring"), "[data-at]");
  rove(find(".pens"), "[data-at]");

  /* Continues evaluation.js: questions to the server, files, and following the page. */

  const POLL = 400; // milliseconds between two looks at a test that runs
  let version = 0,
    drawnVersion = 0,
    stale = true,
    staleDrawing = true,
    shown = null;

  const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
  const pause = () => new Promise((resolve) => setTimeout(resolve, POLL));

  /* ---- the accuracy, at once from the checkpoint and then as it is measured here ---- */
  const showAccuracy = ({ accuracy, interval: [low, high], images }, source) => {
    const wrong = Math.round((1 - accuracy) * images);
    find(".summary").textContent =
      `Of ${images.toLocaleString("en")} test digits ${named(token())} reads ${exact(accuracy)} right.`;
    find(".detail").textContent =
      `${counted(wrong, "mistake")}${wrong ? `, one in ${Math.round(images / wrong).toLocaleString("en")}` : ""}. On digits like these its true share lies between ${exact(low)} and ${exact(high)} (95 % interval). ${source}`;
  };

  const wait = (words, share) => {
    find(".wait").hidden = !words;
    find(".wait span").textContent = words ?? "";
    if (share === null) find("progress").removeAttribute("value");
    else find("progress").value = share ?? 0;
  };

  const showMissing = ({ missing, fetched }) => {
    find(".missing").hidden = !missing || fetched !== undefined;
    if (missing && fetched !== undefined) wait(`Fetching MNIST, ${Math.round(100 * fetched)} %`, fetched);
  };

  const showTest = (found) => {
    for (const part of element.querySelectorAll(".tested")) part.hidden = false;
    if (shown === token()) return;
    shown = token();
    shownCell = null;
    showAccuracy(found, "Measured on this server.");
    showMatrix(found);
    showTrust(found);
    worst();
  };

  /* Ask until it is there; null if somebody asked for something else meanwhile, or the view went out of sight. */
  const until = async (ask, model, kept, words, asking) => {
    while (!kept.has(model)) {
      const found = await call(ask, { model });
      if (asking !== version) return null;
      if (!inSight()) {
        stale = true;
        return null;
      }
      if (found.error) {
        say(found.error);
        wait();
        return null;
      }
      showMissing(found);
      if (found.told && ask === server.test)
        showAccuracy(
          found.told,
          found.missing ? "So its checkpoint says." : "So its checkpoint says; being measured again.",
        );
      if (found.missing && found.fetched === undefined) {
        wait();
        return null;
      }
      if (found.curves || found.confusion) kept.set(model, found);
      else {
        if (!found.missing)
          wait(
            `${words}${found.of ? `: ${found.done.toLocaleString("en")} of ${found.of.toLocaleString("en")}` : ", waiting its turn"}`,
            found.of ? found.done / found.of : null,
          );
        await pause();
        if (asking !== version) return null;
      }
    }
    return kept.get(model);
  };

  const follow = async () => {
    stale = !inSight();
    if (stale || !seen) return;
    const asking = ++version,
      model = token();
    element.setAttribute("aria-busy", "true");
    say("");
    if (shown !== model) {
      for (const part of element.querySelectorAll(".tested")) part.hidden = true;
      find(".summary").textContent = find(".detail").textContent = "";
    }
    try {
      const found = await until(server.test, model, tests, "Reading test digits", asking);
      if (!found) return;
      showTest(found);
      showBeside();
      showCurves();
      for (const one of [model, beside].filter(Boolean)) {
        const curves = await until(server.curves, one, rough, `Reading changed digits with ${named(one)}`, asking);
        if (!curves) return;
        example ??= await opened(curves);
        if (asking === version) showCurves();
      }
      wait();
    } catch {
      if (asking === version) {
        say("The server does not answer. Try again in a moment.");
        wait();
      }
    } finally {
      if (asking === version) element.setAttribute("aria-busy", "false");
    }
  };

  find(".fetch").addEventListener("click", async () => {
    const found = await call(server.fetch, { model: token() }).catch(() => ({
      error: "The server does not answer. Try again in a moment.",
    }));
    if (found.error) return say(found.error);
    follow();
  });

  /* ---- the drawing: one request for each; an answer to an older one is dropped ---- */
  const askDrawing = async () => {
    staleDrawing = !inSight();
    if (staleDrawing || !seen) return;
    const asking = ++drawnVersion;
    find(".drawing").setAttribute("aria-busy", "true");
    try {
      const found = await call(server.around, seen.source);
      if (asking !== drawnVersion) return;
      if (found.error) return say(found.error);
      await showDrawing(found);
    } catch {
      if (asking === drawnVersion) say("The server does not answer. Try again in a moment.");
    } finally {
      if (asking === drawnVersion) find(".drawing").setAttribute("aria-busy", "false");
    }
  };

  /* ---- files: all that is measured, on one sheet ---- */
  const sheet = () => {
    const placed = (selector, x, y, width) => {
      const from = find(`${selector} svg`);
      if (!from) return [];
      const copy = from.cloneNode(true),
        [, , wide, high] = from.getAttribute("viewBox").split(" ").map(Number);
      for (const [name, value] of Object.entries({ x, y, width, height: (width * high) / wide }))
        copy.setAttribute(name, value);
      return [copy];
    };
    const title = (x, y, words, size = 13) => text(x, y, words, { "font-size": size, "text-anchor": "start" });
    const charts = [...find(".charts").querySelectorAll("svg")].map((made, at) => {
      const copy = made.cloneNode(true);
      for (const [name, value] of Object.entries({ x: 20 + 236 * at, y: 470, width: 226, height: 173 }))
        copy.setAttribute(name, value);
      return copy;
    });
    return svg(
      "svg",
      { xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 1200 660", width: 2400, height: 1320, color: "#111" },
      svg("rect", { width: 1200, height: 660, fill: "#fff" }),
      title(20, 24, find(".summary").textContent, 17),
      title(20, 48, find(".detail").textContent, 11),
      ...placed(".matrix", 20, 70, 380),
      ...placed(".diagram", 410, 70, 330),
      ...(map
        ? [
            title(770, 78, find(".breaks").textContent, 9.5),
            ...placed(".shifts", 770, 96, 190),
            ...placed(".ring", 980, 96, 190),
            ...placed(".pens", 770, 300, 150),
          ]
        : []),
      title(20, 456, find(".sample").textContent, 11),
      ...charts,
    );
  };
  saves(element, {
    ready: () => map || tests.has(shown),
    first: "There is nothing to download yet.",
    name: () => `test-${shippedAs(token())?.token ?? "your-model"}`,
    picture: sheet,
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    drawnVersion++;
    map = null;
    find(".drawing").hidden = true;
  });

  on("reading", (reading) => {
    if (!reading.whole) return;
    const other = !seen || seen.source.model !== reading.source.model;
    seen = reading;
    if (!props.models.some((model) => model.token === token())) own.add(token());
    askDrawing();
    if (other) follow();
  });

  new IntersectionObserver(() => {
    if (stale) follow();
    if (staleDrawing) askDrawing();
  }).observe(element);
};
