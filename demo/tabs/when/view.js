import { runningSums, unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { called, doubtful, eachClass, ifItIs, looker } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { make, onceAFrame, paint, svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { buildMap } from "../../web/patch_map.js";
import { player } from "../../web/player.js";
import { saves } from "../../web/save.js";
import { choose, chosen, pointing } from "../../web/selection.js";
import { call } from "../../web/server.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const SHEET = 280; // units of the pad's sheet
  const THUMB = 8; // pixels from the slider's end to where its thumb can go; the chart has the same margin
  const MANY = 3000; // points of a drawn path; of more, some are left out
  const LONGEST = 600,
    EVEN = 4000; // milliseconds: of a pause while it plays, and of all where nobody knows the times

  let seen = null,
    parts = null; // the page's reading; the readings of the drawing's beginnings
  let now = 0,
    version = 0,
    stale = true;

  const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
  const say = (text) => {
    find(".message").textContent = text;
  };
  const share = (part) => `${Math.round(100 * parts.share[part])} %`;
  const after = (part) => (parts.time ? `, ${(parts.time[part] / 1000).toFixed(1)} s after the pen touched down` : "");
  const listed = (words) =>
    words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

  /* ---- the moment of decision, in words ---- */
  const decision = () => {
    const { digit, settled, in_distribution: inDistribution } = parts,
      last = digit.at(-1),
      took = [...new Set(digit.slice(0, settled))];
    const changes = digit.filter((found, part) => part && found !== digit[part - 1]).length;
    const knew = settled
      ? `It ${inDistribution.at(-1) ? "knew" : "settled"} after ${share(settled)} of the pen's way${after(settled)}: ${called(last)}.`
      : `From the first part that can be read, ${share(0)} of the pen's way, it said ${called(last)} and stayed with it.`;
    const before = settled
      ? ` Before that it took it for ${listed(took.map(called))}${changes > took.length ? `, and changed its mind ${changes} times in all` : ""}.`
      : "";
    return `${knew}${before}${inDistribution.at(-1) ? "" : " The whole drawing, too, is probably not a digit to it."}`;
  };

  /* ---- the chart: ten bands that fill the height together ---- */
  const chart = { bands: [], head: null, width: 0, height: 0 };
  const x = (portion) => THUMB + portion * (chart.width - 2 * THUMB);

  const buildChart = () => {
    if (!parts) return;
    const holder = find(".chart");
    [chart.width, chart.height] = [holder.clientWidth || 800, holder.clientHeight || 190];
    const below = parts.probs.map(runningSums);
    const y = (sum) => chart.height * (1 - Math.min(sum, 1)),
      at = (part, sum) => `${x(parts.share[part]).toFixed(1)},${y(sum).toFixed(1)}`;
    const all = [...parts.share.keys()];
    chart.bands = parts.probs[0].map((_, digit) =>
      svg("polygon", {
        fill: digitColour(digit),
        stroke: "#0b1120",
        "stroke-width": 0.6,
        "data-digit": digit,
        points: [
          ...all.map((part) => at(part, below[part][digit + 1])),
          ...[...all].reverse().map((part) => at(part, below[part][digit])),
        ].join(" "),
      }),
    );
    const labels = runs().map(({ digit, from, to }) => {
      const part = Math.round((from + to) / 2),
        wide = x(parts.share[to]) - x(parts.share[from]);
      const room = 10 * called(digit).length + 2,
        word = called(digit).length > 1;
      return wide < room && (word || (from !== 0 && to !== parts.share.length - 1))
        ? ""
        : words(x(parts.share[part]), y(below[part][digit] + parts.probs[part][digit] / 2), 18, "#000", called(digit), {
            "font-weight": 800,
          });
    });
    const first = x(parts.share[0]),
      knew = x(parts.share[parts.settled]);
    const mark = [
      svg("line", { x1: knew, x2: knew, y1: 0, y2: chart.height, stroke: "#0b1120", "stroke-width": 4 }),
      svg("line", {
        x1: knew,
        x2: knew,
        y1: 0,
        y2: chart.height,
        stroke: "#fff",
        "stroke-width": 1.6,
        "stroke-dasharray": "5 4",
        class: "knew",
      }),
      words(knew + (knew > chart.width - 90 ? -6 : 6), 14, 13, "#fff", "it knew", {
        "text-anchor": knew > chart.width - 90 ? "end" : "start",
        "font-weight": 700,
        stroke: "#0b1120",
        "stroke-width": 4,
        "paint-order": "stroke",
      }),
    ];
    chart.head = svg(
      "g",
      {},
      svg("line", { y1: 0, y2: chart.height, stroke: "#0b1120", "stroke-width": 5 }),
      svg("line", { y1: 0, y2: chart.height, stroke: "#fff", "stroke-width": 2.4 }),
    );
    const early =
      first - THUMB > 110 ? [words((THUMB + first) / 2, chart.height / 2, 12, "#cbd5e1", "nothing to read yet")] : [];
    holder.replaceChildren(
      svg(
        "svg",
        {
          viewBox: `0 0 ${chart.width} ${chart.height}`,
          xmlns: "http://www.w3.org/2000/svg",
          role: "img",
          "aria-label": "Probability of each digit along the pen's way",
        },
        svg("rect", { width: chart.width, height: chart.height, fill: "#0b1120" }),
        ...chart.bands,
        ...labels,
        ...early,
        ...mark,
        chart.head,
      ),
    );
  };

  const words = (left, top, size, fill, text, more = {}) =>
    svg(
      "text",
      {
        x: left,
        y: top,
        "font-size": size,
        fill,
        "text-anchor": "middle",
        "dominant-baseline": "central",
        "font-family": "system-ui, sans-serif",
        "pointer-events": "none",
        ...more,
      },
      String(text),
    );

  /* Stretches of the way over which the answer is the same. */
  const runs = () =>
    parts.digit.reduce((found, digit, part) => {
      if (found.at(-1)?.digit === digit) found.at(-1).to = part;
      else found.push({ digit, from: part, to: part });
      return found;
    }, []);

  /* Continues when.js: the drawing so far, what the model gets of it, and what it reads. */

  /* ---- the pen's way on the sheet ---- */
  const sheet = { done: null, pen: null };

  /* The strokes up to `count` points, the last of them in part, as a path. */
  const pathOf = (strokes, count) => {
    const every = 1 + Math.floor(strokes.reduce((sum, points) => sum + points.length, 0) / MANY),
      found = [];
    let left = count,
      tip = null;
    for (const points of strokes) {
      const whole = Math.min(points.length, Math.floor(left)),
        drawn = points
          .slice(0, whole)
          .filter((_, at) => at % every === 0 || at === whole - 1)
          .map(([across, down]) => [across, down]);
      const portion = left - whole;
      if (whole && whole < points.length && portion > 0)
        drawn.push([0, 1].map((axis) => points[whole - 1][axis] * (1 - portion) + points[whole][axis] * portion));
      if (drawn.length) {
        found.push(`M${drawn.map((point) => point.join(" ")).join("L")}h0`);
        tip = drawn.at(-1);
      }
      left -= points.length;
      if (left <= 0) break;
    }
    return { d: found.join(""), tip };
  };

  const buildSheet = () => {
    const line = (attributes) =>
      svg("path", {
        fill: "none",
        stroke: "#fff",
        "stroke-width": 15,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
        ...attributes,
      });
    sheet.done = line({ class: "done" });
    sheet.pen = svg("circle", { r: 9, fill: "#ff8c1a", stroke: "#000", "stroke-width": 2 });
    find(".sheet").replaceChildren(
      svg(
        "svg",
        {
          viewBox: `0 0 ${SHEET} ${SHEET}`,
          xmlns: "http://www.w3.org/2000/svg",
          role: "img",
          "aria-label": "The drawing, as far as it is drawn",
        },
        svg("rect", { width: SHEET, height: SHEET, fill: "#000" }),
        line({ d: pathOf(parts.strokes, Infinity).d, "stroke-opacity": 0.22 }),
        sheet.done,
        sheet.pen,
      ),
    );
  };

  /* ---- what the model gets, and what it reads ---- */
  let cells = [],
    pictures = [];

  const buildImage = () => {
    const pixels = parts.model.image_size,
      canvas = document.createElement("canvas");
    pictures = parts.share.map((_, part) => {
      paint(canvas, parts.images.data.subarray(part * pixels ** 2, (part + 1) * pixels ** 2), pixels);
      return canvas.toDataURL();
    });
    cells = buildMap(find('[data-map="image"]'), parts.model, parts.image, {
      role: "img",
      "aria-label": "The image of this part",
    });
  };

  const showImage = () => {
    const tokens = parts.attention.shape[1],
      row = parts.attention.data.subarray(now * tokens + 1, (now + 1) * tokens),
      most = row.reduce((found, value) => Math.max(found, value), 0) || 1;
    find('[data-map="image"] image').setAttribute("href", pictures[now]);
    for (const [patch, cell] of cells.entries()) {
      cell.setAttribute("fill", `rgb(255 140 26 / ${(0.7 * row[patch]) / most})`);
      cell.setAttribute("stroke", chosen().token === patch + 1 ? "#fff" : "#ffffff40");
      cell.setAttribute("stroke-width", chosen().token === patch + 1 ? 0.5 : 0.08);
    }
  };

  const bars = eachClass(find(".bars"), (digit, name) => {
    const chip = make("span", { class: "chip", style: `background: ${digitColour(digit)}` }, name),
      fill = make("div", { class: "fill" }),
      portion = make("span", { class: "share" });
    const button = make(
      "button",
      { type: "button", "aria-pressed": "false", title: `Single ${name} out in the chart` },
      chip,
      make("div", { class: "track" }, fill),
      portion,
    );
    button.addEventListener("click", () => choose({ digit: chosen().digit === digit ? null : digit }));
    return { node: make("li", {}, button), button, fill, portion };
  });

  const showReading = () => {
    const probs = parts.probs[now],
      digit = parts.digit[now],
      sure = parts.in_distribution[now];
    find(".looker").textContent = looker();
    find(".read").textContent = sure ? `Read as ${called(digit)}` : doubtful(digit);
    find(".now").textContent =
      `${share(now)} of the pen's way${after(now)}: ${sure ? `read as ${called(digit)} (${percent(probs[digit])})` : `${doubtful(digit).replace(/^P/, "p")} (${percent(probs[digit])} ${ifItIs()})`}.`;
    bars.forEach(({ button, fill, portion }, of) => {
      fill.style.transform = `scaleX(${probs[of]})`;
      portion.textContent = percent(probs[of]);
      button.classList.toggle("best", of === digit);
      button.setAttribute("aria-pressed", chosen().digit === of);
    });
  };

  const show = () => {
    if (!parts) return;
    const { d, tip } = pathOf(parts.strokes, parts.at[now]),
      { digit } = chosen();
    sheet.done.setAttribute("d", d);
    sheet.pen.setAttribute("cx", tip[0]);
    sheet.pen.setAttribute("cy", tip[1]);
    showImage();
    showReading();
    chart.head.setAttribute("transform", `translate(${x(parts.share[now])} 0)`);
    for (const [of, band] of chart.bands.entries())
      band.setAttribute("fill-opacity", digit === null || digit === of ? 1 : 0.25);
    slider.value = 1000 * parts.share[now];
    slider.setAttribute("aria-valuetext", find(".now").textContent);
  };

  /* Continues when.js: the slider, playing, questions to the server, files, and following the page. */

  /* ---- the slider and the chart lead to the nearest part that was read ---- */
  const refresh = onceAFrame(show);
  const go = (to) => {
    now = Math.min(Math.max(to, 0), parts.share.length - 1);
    refresh();
  };

  const nearest = (portion) =>
    parts.share.reduce(
      (found, value, part) => (Math.abs(value - portion) < Math.abs(parts.share[found] - portion) ? part : found),
      0,
    );

  const scrub = (event) => {
    if (!parts || (event.type === "pointermove" && !event.buttons)) return;
    const box = find(".chart").getBoundingClientRect();
    stop();
    go(nearest((event.clientX - box.left - THUMB) / (box.width - 2 * THUMB)));
  };
  for (const event of ["pointerdown", "pointermove"]) find(".chart").addEventListener(event, scrub);

  /* ---- playing, in the pen's own time where that is known ---- */
  /* When each part is shown, in milliseconds; a pause of the pen is cut short. */
  const timetable = (from) => {
    const { time } = parts,
      slow = find(".slow input").checked ? 4 : 1,
      moments = parts.share.map(() => 0);
    for (let part = from + 1; part < moments.length; part++) {
      moments[part] =
        moments[part - 1] +
        slow *
          (time
            ? Math.min(time[part] - time[part - 1], LONGEST)
            : (EVEN / 4) * (parts.share[part] - parts.share[part - 1]));
    }
    return moments;
  };

  const begin = () => {
    const from = now >= parts.share.length - 1 ? 0 : now,
      moments = timetable(from);
    go(from);
    return (passed) => {
      const next = moments.findIndex((moment, part) => part > from && moment > passed);
      go(next < 0 ? moments.length - 1 : next - 1);
      return next >= 0;
    };
  };
  const { slider, stop } = player(element, {
    ready: () => parts,
    begin,
    slide: (value) => go(nearest(value / 1000)),
    rest: show,
    move: (by) => go(now + by),
    keys: { PageDown: -5, PageUp: 5 },
  });

  /* ---- a patch that is pointed at is chosen in all views while that lasts; what is clicked stays ---- */
  const { point, toggle } = pointing();
  const tokenOf = ({ dataset: { patch } }) => (patch === undefined ? undefined : Number(patch) + 1);
  const map = find('[data-map="image"]');
  map.addEventListener("pointerover", (event) => point(tokenOf(event.target)));
  map.addEventListener("pointerleave", () => point());
  map.addEventListener("click", (event) => {
    if (parts && event.target.dataset.patch) toggle(tokenOf(event.target));
  });

  /* ---- asking: one request for each drawing; an answer to an older one is dropped ---- */
  const ask = async () => {
    stale = !inSight();
    if (stale || !seen) return;
    const asking = ++version,
      { source, model, image } = seen;
    element.setAttribute("aria-busy", "true");
    try {
      const answer = await call(server.parts, source);
      if (asking !== version) return;
      if (answer.error) return clear(answer.error);
      say("");
      accept({ ...answer, strokes: source.strokes, model, image });
    } catch {
      if (asking === version) say("The server does not answer. Try again in a moment.");
    } finally {
      if (asking === version) element.setAttribute("aria-busy", "false");
    }
  };

  const accept = (answer) => {
    parts = { ...answer, images: unpack(answer.images), attention: unpack(answer.attention) };
    now = parts.share.length - 1;
    find(".view").hidden = false;
    find(".summary").textContent = decision();
    buildSheet();
    buildImage();
    buildChart();
    show();
  };

  const clear = (text) => {
    stop();
    parts = null;
    find(".view").hidden = true;
    find(".summary").textContent = text;
  };

  new ResizeObserver(() => {
    if (parts && find(".chart").clientWidth !== chart.width && inSight()) {
      buildChart();
      show();
    }
  }).observe(find(".chart"));

  /* ---- files: the chart, and the drawing and the image at the slider's place ---- */
  const picture = () => {
    const part = (selector, left, top, width, height) => {
      const copy = find(selector).cloneNode(true);
      for (const [attribute, value] of Object.entries({ x: left, y: top, width, height }))
        copy.setAttribute(attribute, value);
      return copy;
    };
    const text = (left, top, content, size = 13) =>
      svg(
        "text",
        { x: left, y: top, "font-size": size, "font-family": "system-ui, sans-serif", fill: "#111" },
        content,
      );
    const { width, height } = chart;
    return svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        viewBox: `0 0 ${width + 40} ${height + 330}`,
        width: 2 * (width + 40),
        height: 2 * (height + 330),
      },
      svg("rect", { width: width + 40, height: height + 330, fill: "#fff" }),
      ...decision()
        .split(/(?<=\.) (?=Before|Even)/)
        .map((line, row) => text(20, 26 + 20 * row, line, 14)),
      part(".chart svg", 20, 76, width, height),
      text(20, height + 102, find(".now").textContent),
      part(".sheet svg", 20, height + 114, 196, 196),
      part('[data-map="image"] svg', 236, height + 114, 196, 196),
    );
  };
  saves(element, { ready: () => parts, name: () => `when-${parts.digit.at(-1)}`, picture });

  /* ---- following the page ---- */
  on("nothing", () => {
    version++;
    seen = null;
    clear("Draw a digit first");
    say("");
    element.setAttribute("aria-busy", "false");
  });

  on("reading", (reading) => {
    if (!reading.whole) return;
    stop();
    seen = reading;
    stale = true;
    ask();
  });

  on("chosen", () => {
    if (parts) show();
  });

  new IntersectionObserver(() => {
    if (stale) ask();
  }).observe(element);
};
