import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { make, svg } from "../../web/dom.js";
import { patch, place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { buildMap, colourCells } from "../../web/patch_map.js";
import { saves } from "../../web/save.js";
import { choose, chosen, MEAN } from "../../web/selection.js";
import { call } from "../../web/server.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const all = (selector) => [...element.querySelectorAll(selector)];
  const NUMBERS_UP_TO = 7; // pixels a side of a filter, beyond which its numbers would not fit
  const HIGH = 240,
    LEFT = 34,
    LOW = 34; // of the plot: its height, and room for what is written beside it and below

  let seen = null; // the last reading: model, image, source and what hangs on this drawing
  let alike = null; // cosines of the positions, and what they come from
  let known = {}; // what the server knows of the model, as it comes
  let kind = "patterns",
    pinned = 0,
    previewed = null,
    previewedFilter = null;
  let version = 0,
    asked = null,
    drawn = "";

  const fixed = (value, digits = 2) =>
    value
      .toFixed(digits)
      .replace("-", "−")
      .replace(/^−(0\.?0*)$/, "$1");
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const mean = (values) => sum(values) / values.length;
  const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const rowsOf = ({ shape, data }) =>
    Array.from({ length: shape[0] }, (_, index) => data.subarray(index * shape[1], (index + 1) * shape[1]));

  /* ---- small pictures: orange above zero, blue below, clear at zero, so that the page's own ground shows ---- */
  const colour = (share) =>
    `rgb(${share < 0 ? "47 125 225" : "239 125 26"} / ${Math.min(1, Math.abs(share)).toFixed(3)})`;
  const UNIT = 4; // pixels of a canvas for one value; between two maps lies an eighth of a map
  const gapOf = (side) => Math.ceil(side / 2);
  const tiles = (canvas, side, maps, most) => {
    const across = Math.sqrt(maps.length),
      width = UNIT * side,
      step = width + gapOf(side);
    canvas.width = canvas.height = (across - 1) * step + width;
    const context = canvas.getContext("2d");
    for (const [at, map] of maps.entries())
      for (const [index, value] of map.entries()) {
        context.fillStyle = colour(value / most);
        context.fillRect(
          (at % across) * step + (index % side) * UNIT,
          Math.floor(at / across) * step + Math.floor(index / side) * UNIT,
          UNIT,
          UNIT,
        );
      }
  };

  /* ---- which places are alike ---- */
  const cosines = (packed) => {
    const rows = rowsOf(unpack(packed)).map((row) => {
      const length = Math.hypot(...row) || 1;
      return row.map((value) => value / length);
    });
    const places = rows.slice(1);
    return rows.map((row) =>
      Float32Array.from(places, (other) => row.reduce((total, value, axis) => total + value * other[axis], 0)),
    );
  };

  const token = () =>
    previewed ??
    chosen().token ??
    Math.floor(seen.model.grid_size / 2) * seen.model.grid_size + Math.floor(seen.model.grid_size / 2) + 1;
  const tokenName = (at) => (at ? `patch ${at}` : "cls");

  const showAlike = () => {
    const { grid_size: side } = seen.model,
      maps = cosines(seen.positions),
      apart = maps.slice(1).flatMap((map, at) => [...map].filter((_, index) => index !== at));
    alike = { maps, most: largest(apart) };
    tiles(find(".mosaic canvas"), side, maps.slice(1), alike.most);
    const width = UNIT * side,
      step = width + gapOf(side),
      across = (side - 1) * step + width;
    find(".mosaic svg").setAttribute("viewBox", `0 0 ${across} ${across}`);
    find(".mosaic svg").replaceChildren(
      ...maps.slice(1).map((_, at) =>
        svg("rect", {
          x: (at % side) * step,
          y: Math.floor(at / side) * step,
          width,
          height: width,
          role: "button",
          tabindex: at ? -1 : 0,
          "data-token": at + 1,
          "aria-label": `Patch ${at + 1}, ${place(at + 1, side)}`,
        }),
      ),
    );
    find(".large svg").setAttribute("viewBox", `0 0 ${side} ${side}`);
    find(".large svg").replaceChildren(
      ...maps
        .slice(1)
        .map((_, at) =>
          svg("rect", { x: at % side, y: Math.floor(at / side), width: 1, height: 1, "data-other": at + 1 }),
        ),
    );
    find(".low").textContent = `−${fixed(alike.most)}`;
    find(".high").textContent = fixed(alike.most);
    find(".fact").textContent = fact(maps.slice(1), side);
    const none = seen.model.positions === "none";
    find(".unordered").hidden = !none;
    find(".pair").hidden = find(".note").hidden = none;
  };

  /* What the maps say on average: neighbours, the same row and column, and all others. */
  const fact = (maps, side) => {
    const groups = {
      "side by side": [],
      "further along the same row": [],
      "further along the same column": [],
      elsewhere: [],
    };
    for (const [one, map] of maps.entries())
      for (const [other, value] of map.entries()) {
        const down = Math.abs(Math.floor(one / side) - Math.floor(other / side)),
          right = Math.abs((one % side) - (other % side));
        if (down + right)
          groups[
            down + right === 1
              ? "side by side"
              : !down
                ? "further along the same row"
                : !right
                  ? "further along the same column"
                  : "elsewhere"
          ].push(value);
      }
    const means = Object.entries(groups)
      .filter(([, values]) => values.length)
      .map(([name, values]) => `${name} ${fixed(mean(values))}`);
    return `Cosine similarity, on average: ${means.join(", ")}. 1 is the same direction, 0 is orthogonal.`;
  };

  const showPlace = () => {
    if (!alike) return;
    const at = token(),
      { grid_size: side } = seen.model;
    find(".here").textContent = at ? `Patch ${at}: ${place(at, side)}` : "cls, which has no place in the image";
    tiles(find(".large canvas"), side, [alike.maps[at]], alike.most);
    for (const cell of all(".mosaic rect, .large rect"))
      cell.setAttribute("class", Number(cell.dataset.token ?? cell.dataset.other) === at ? "chosen" : "");
    tell(null);
  };

  const tell = (other) => {
    const at = token(),
      map = alike.maps[at];
    const best = [...map.keys()].filter((index) => index + 1 !== at).sort((one, two) => map[two] - map[one])[0];
    find(".likeness").textContent = other
      ? `${tokenName(other)} has a similarity of ${fixed(map[other - 1])}.`
      : `Most similar: patch ${best + 1} (${place(best + 1, seen.model.grid_size)}), ${fixed(map[best])}.`;
  };

  /* Continues positions.js: what the model looks for in a patch. */

  /* ---- what it looks for in a patch ---- */
  const strengths = () =>
    kind === "patterns" ? [...known.gains] : known.filters.map((filter) => Math.hypot(...filter));
  const filter = () => previewedFilter ?? pinned;
  const nameOf = (index) => (kind === "patterns" ? `Pattern ${index + 1}` : `Filter ${known.features[index] + 1}`);

  const ABOUT = {
    patterns:
      "The patch embedding is one linear projection of the pixels. These are its singular vectors (principal components without centring), the strongest first. The bar shows the strength; each has its own colour scale.",
    filters:
      "The rows of the linear projection: each filter gives one number of the embedding. Those with the largest norm come first; all share one colour scale.",
  };

  const showFilters = () => {
    const rows = known[kind],
      side = seen.model.patch_size,
      powers = strengths(),
      common = kind === "filters" && rows.reduce((most, row) => Math.max(most, largest(row)), 0);
    pinned = Math.min(pinned, rows.length - 1);
    find(".about").textContent = ABOUT[kind];
    find(".filters").replaceChildren(
      ...rows.map((row, index) => {
        const canvas = make("canvas", { "aria-hidden": "true" }),
          amount = make("div", { class: "amount" });
        tiles(canvas, side, [row], common || largest(row));
        amount.style.transform = `scaleX(${powers[index] / powers[0]})`;
        return make(
          "button",
          { type: "button", "data-filter": index, "aria-label": `${nameOf(index)}, strength ${fixed(powers[index])}` },
          canvas,
          amount,
        );
      }),
    );
    showFilter();
  };

  const showFilter = () => {
    if (!known.filters) return;
    const index = filter(),
      row = known[kind][index],
      side = seen.model.patch_size,
      most = largest(row),
      powers = strengths();
    for (const button of all(".filters button")) {
      button.setAttribute("aria-pressed", Number(button.dataset.filter) === index);
      button.tabIndex = Number(button.dataset.filter) === index ? 0 : -1;
    }
    find(".which").textContent = `${nameOf(index)}, rank ${index + 1} of ${known[kind].length}`;
    find(".weights").replaceChildren(
      svg(
        "svg",
        {
          viewBox: `0 0 ${side} ${side}`,
          role: "img",
          "aria-label": `${side} by ${side} parameters`,
          "font-size": 0.3,
          "text-anchor": "middle",
        },
        ...[...row].flatMap((value, at) => {
          const x = at % side,
            y = Math.floor(at / side),
            cell = svg("rect", { x, y, width: 1, height: 1, fill: colour((0.8 * value) / most) });
          cell.append(svg("title", {}, fixed(value, 4)));
          return [
            cell,
            ...(side > NUMBERS_UP_TO
              ? []
              : [
                  svg("text", { x: x + 0.5, y: y + 0.6, "pointer-events": "none" }, fixed(value, 1).replace("0.", ".")),
                ]),
          ];
        }),
      ),
    );
    const share = powers[index] ** 2 / sum(powers.map((power) => power ** 2));
    find(".strength").textContent =
      kind === "patterns"
        ? `Singular value ${fixed(powers[index])}: ${fixed(100 * share, 1)} % of the projection's squared norm. Its negative is the same pattern.`
        : `Number ${known.features[index] + 1} of the embedding. Length ${fixed(powers[index])}; the parameters are per standard deviation of a pixel.`;
    showAnswers(row);
  };

  /* How much more the filter gives on each patch than on empty paper. */
  const showAnswers = (row) => {
    if (!seen.image) return find(".map").replaceChildren();
    const { model, image } = seen,
      cells = buildMap(find(".map"), model, image, { role: "img", "aria-label": "Its response" });
    const values = cells.map((_, at) =>
      sum(
        patch(image.data, model.image_size, model.patch_size, at).map((ink, pixel) => (ink * row[pixel]) / known.std),
      ),
    );
    colourCells(cells, values);
    for (const [at, cell] of cells.entries()) cell.append(svg("title", {}, `patch ${at + 1}: ${fixed(values[at])}`));
  };

  /* Continues positions.js: how far each head looks. */

  /* ---- how far each head looks ---- */

  /* Mean distance in pixels of the heads (L, h) from attention (L, h, N, N): without cls, the rest of each row scaled up to 1. */
  const distances = ({ shape: [depth, heads, tokens], data }, { grid_size: side, patch_size: size }) => {
    const far = Array.from({ length: side * side }, (_, one) =>
      Float32Array.from(
        { length: side * side },
        (_, other) =>
          size * Math.hypot(Math.floor(one / side) - Math.floor(other / side), (one % side) - (other % side)),
      ),
    );
    return Array.from({ length: depth * heads }, (_, head) =>
      mean(
        far.map((row, query) => {
          const start = (head * tokens + query + 1) * tokens + 1;
          let total = 0,
            weighted = 0;
          for (let at = 0; at < row.length; at++) {
            total += data[start + at];
            weighted += data[start + at] * row[at];
          }
          return total ? weighted / total : 0;
        }),
      ),
    );
  };

  const headName = (layer, head) => `Layer ${layer + 1}, head ${head + 1}`;

  const showPlot = () => {
    const wide = find(".plot").clientWidth;
    if (!known.distance || wide <= LEFT) return; // hidden, or not laid out yet
    const { depth, num_heads: heads } = seen.model,
      top = 5 * Math.ceil((Math.max(...known.distance, ...(seen.far ?? []), known.even) + 0.2) / 5);
    const y = (pixels) => 10 + (HIGH - 10 - LOW) * (1 - pixels / top),
      slot = (wide - LEFT) / (depth * heads),
      gap = Math.min(2, slot / 4),
      x = (index) => LEFT + (index + 0.5) * slot;
    const write = (at, height, text, anchor = "middle") =>
      svg("text", { x: at, y: height, "font-size": 11, "text-anchor": anchor, fill: "#444" }, text);
    const lines = Array.from({ length: top / 5 + 1 }, (_, step) => [
      svg("line", { class: "grid", x1: LEFT, x2: wide, y1: y(5 * step), y2: y(5 * step), stroke: "#ddd" }),
      write(LEFT - 6, y(5 * step) + 4, String(5 * step), "end"),
    ]);
    const bands = Array.from({ length: depth }, (_, layer) => [
      ...(layer % 2
        ? []
        : [
            svg("rect", {
              class: "band",
              x: LEFT + layer * heads * slot,
              y: y(top),
              width: heads * slot,
              height: y(0) - y(top),
              fill: "#f4f4f5",
            }),
          ]),
      write(
        LEFT + (layer + 0.5) * heads * slot,
        HIGH - 4,
        wide / depth < 56 ? String(layer + 1) : `layer ${layer + 1}`,
      ),
    ]);
    const dots = Array.from({ length: depth * heads }, (_, index) =>
      svg(
        "g",
        {
          class: "head",
          role: "button",
          tabindex: index ? -1 : 0,
          "data-layer": Math.floor(index / heads),
          "data-head": index % heads,
          "aria-label": spoken(index),
        },
        svg("rect", {
          class: "hit",
          x: x(index) - (slot - gap) / 2,
          y: y(top),
          width: slot - gap,
          height: y(0) - y(top),
          rx: 4,
          fill: "none",
        }),
        ...(seen.far
          ? [
              svg("line", {
                x1: x(index),
                x2: x(index),
                y1: y(known.distance[index]),
                y2: y(seen.far[index]),
                stroke: "#94a3b8",
                "stroke-width": 1.5,
              }),
              svg("circle", {
                class: "drawing",
                cx: x(index),
                cy: y(seen.far[index]),
                r: Math.min(4.5, slot / 2.2),
                fill: "#fff",
                stroke: "#2f7de1",
                "stroke-width": 2,
              }),
            ]
          : []),
        svg("circle", {
          class: "test",
          cx: x(index),
          cy: y(known.distance[index]),
          r: Math.min(5, slot / 2.2),
          fill: "#ef7d1a",
        }),
        ...(slot < 11 ? [] : [write(x(index), HIGH - 20, String((index % heads) + 1))]),
      ),
    );
    const even = svg("line", {
      class: "even",
      x1: LEFT,
      x2: wide,
      y1: y(known.even),
      y2: y(known.even),
      stroke: "#64748b",
      "stroke-width": 1.5,
      "stroke-dasharray": "6 5",
    });
    find(".plot").replaceChildren(
      svg(
        "svg",
        {
          xmlns: "http://www.w3.org/2000/svg",
          viewBox: `0 0 ${wide} ${HIGH}`,
          height: HIGH,
          role: "group",
          "aria-label": "Mean attention distance of each head, in pixels",
          "font-family": "system-ui, sans-serif",
        },
        ...lines.flat(),
        ...bands.flat(),
        ...lines.map(([line]) => line),
        even,
        ...dots,
      ),
    );
    find(".far").textContent =
      `Mean attention distance: the distance in pixels from a patch to the patches that it attends to, weighted by attention. cls has no place in the image; it is left out, and the rest of each row is scaled to 100 %. Uniform attention over all patches has ${fixed(known.even, 1)} pixels.`;
    find(".digits").textContent = `mean over ${known.digits} MNIST test digits`;
    showChosen();
  };

  const spoken = (index) => {
    const { num_heads: heads } = seen.model,
      drawing = seen.far ? `, ${fixed(seen.far[index], 1)} on this drawing` : "";
    return `${headName(Math.floor(index / heads), index % heads)}: ${fixed(known.distance[index], 1)} pixels on test digits${drawing}`;
  };

  const ends = () => {
    const order = [...known.distance.keys()].sort((one, other) => known.distance[one] - known.distance[other]),
      said = (index) => spoken(index).split(" on test")[0];
    return `Nearest: ${said(order[0])}. Farthest: ${said(order.at(-1))}. Click a head to choose it in every tab.`;
  };

  const showChosen = (hovered = null) => {
    if (!known.distance) return;
    const { layer, head } = chosen(),
      at = hovered ?? (head === MEAN ? null : layer * seen.model.num_heads + head);
    for (const [index, dot] of all(".plot .head").entries()) {
      dot.classList.toggle("chosen", head !== MEAN && index === layer * seen.model.num_heads + head);
      dot.setAttribute("aria-pressed", dot.classList.contains("chosen"));
    }
    find(".spoken").textContent = at === null ? ends() : `${spoken(at)}.`;
  };

  /* Continues positions.js: pointing, keys, questions to the server, files, and following the page. */

  /* ---- pointing, clicking, keys ---- */
  const preview = (target) => {
    const cell = target?.closest?.("[data-token]"),
      shown = target?.closest?.("[data-filter]"),
      dot = target?.closest?.(".plot .head");
    const next = cell ? Number(cell.dataset.token) : null,
      filterNext = shown ? Number(shown.dataset.filter) : null;
    if (next !== previewed) {
      previewed = next;
      showPlace();
    }
    if (filterNext !== previewedFilter) {
      previewedFilter = filterNext;
      showFilter();
    }
    if (alike && (target?.dataset?.other || cell === null))
      tell(target?.dataset?.other ? Number(target.dataset.other) : null);
    showChosen(dot ? Number(dot.dataset.layer) * seen.model.num_heads + Number(dot.dataset.head) : null);
  };
  element.addEventListener("pointerover", (event) => preview(event.target));
  element.addEventListener("pointerleave", () => preview(null));
  element.addEventListener("focusin", (event) => preview(event.target));
  element.addEventListener("click", ({ target }) => {
    const cell = target.closest("[data-token], [data-other]"),
      shown = target.closest("[data-filter]"),
      dot = target.closest(".plot .head");
    if (cell) choose({ token: Number(cell.dataset.token ?? cell.dataset.other) });
    if (shown) {
      pinned = Number(shown.dataset.filter);
      showFilter();
    }
    if (dot) choose({ layer: Number(dot.dataset.layer), head: Number(dot.dataset.head) });
  });
  rove(find(".mosaic"), "rect", () => seen?.model.grid_size);
  rove(find(".filters"), "button");
  rove(find(".plot"), ".head");
  for (const input of all(".kinds input"))
    input.addEventListener("change", () => {
      kind = input.value;
      pinned = 0;
      if (known.filters) showFilters();
    });

  /* ---- asking: once for each model, while the view is in sight ---- */
  const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
  const say = (text) => {
    find(".message").textContent = text;
  };
  const named = ({ model, source }) => JSON.stringify([source.model ?? null, model]);

  /* Another model reads: nothing of the one before may be asked about this one. */
  const forget = () => {
    version++;
    [alike, known, asked, drawn, previewed, previewedFilter] = [null, {}, null, "", null, null];
    for (const old of [".filters", ".weights", ".map", ".plot", ".mosaic svg", ".large svg"])
      find(old).replaceChildren();
  };

  const show = () => {
    if (!seen || !inSight()) return;
    if (drawn !== named(seen)) {
      drawn = named(seen);
      showAlike();
      showPlace();
    }
    if (asked !== named(seen)) return ask();
    showFilter();
    showPlot();
  };

  /* Both parts at once, each shown when it is there: the filters need no reading of digits. */
  const ask = async () => {
    const asking = ++version;
    [asked, known] = [named(seen), {}];
    find(".spoken").textContent = "Reading the test digits…";
    const parts = [
      [
        server.filters,
        ({ filters, patterns, gains, ...rest }) => {
          Object.assign(known, rest, {
            filters: rowsOf(unpack(filters)),
            patterns: rowsOf(unpack(patterns)),
            gains: unpack(gains).data,
          });
          showFilters();
        },
      ],
      [
        server.distances,
        ({ distance, ...rest }) => {
          Object.assign(known, rest, { distance: [...unpack(distance).data] });
          showPlot();
        },
      ],
    ];
    try {
      await Promise.all(
        parts.map(async ([part, take]) => {
          const answer = await call(part, { model: seen.source.model ?? null });
          if (asking !== version) return;
          say(answer.error ?? "");
          if (!answer.error) take(answer);
        }),
      );
    } catch {
      if (asking === version) {
        asked = null;
        say("The server does not answer. Try again in a moment.");
      }
    }
  };

  /* ---- files: the three pictures on one sheet ---- */
  const placed = (part, attributes) => {
    for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
    return part;
  };
  const image = (canvas, x, y, side) =>
    svg("image", { href: canvas.toDataURL(), x, y, width: side, height: side, style: "image-rendering: pixelated" });
  const sheet = () => {
    const plot = find(".plot svg"),
      wide = plot.viewBox.baseVal.width,
      width = Math.max(760, wide + 20),
      canvases = all(".filters canvas"),
      across = 12,
      title = (x, y, text) => svg("text", { x, y, "font-size": 14, "font-weight": 600 }, text);
    const low = 40 + Math.max(320, Math.ceil(canvases.length / across) * 31) + 30;
    return svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        viewBox: `0 0 ${width} ${low + HIGH + 20}`,
        width: 2 * width,
        height: 2 * (low + HIGH + 20),
        "font-family": "system-ui, sans-serif",
        fill: "#111",
      },
      svg("rect", { width, height: low + HIGH + 20, fill: "#fff" }),
      title(10, 24, "Similarity of the positions"),
      image(find(".mosaic canvas"), 10, 36, 320),
      title(370, 24, kind === "patterns" ? "Patterns of the patch embedding" : "Filters of the patch embedding"),
      ...canvases.map((canvas, index) =>
        image(canvas, 370 + (index % across) * 31, 36 + Math.floor(index / across) * 31, 28),
      ),
      title(10, low, `Mean attention distance in pixels: ${known.digits} test digits (full), this drawing (open)`),
      placed(plot.cloneNode(true), { x: 10, y: low + 10, width: wide, height: HIGH }),
    );
  };
  saves(element, { ready: () => known.filters && known.distance, name: () => "positions", picture: sheet });

  /* ---- following the page: what belongs to the model stays when the sheet is empty ---- */
  on("nothing", () => {
    if (!seen) return say("Draw a digit first.");
    seen = { ...seen, image: null, far: null };
    show();
  });

  on("reading", ({ whole, model, image: digit, source, pos_embed: positions, attention }) => {
    if (!whole) return;
    seen = { model, source, positions, image: digit, far: distances(unpack(attention), model) };
    if (drawn !== named(seen)) forget();
    show();
  });

  on("chosen", () => {
    if (seen && alike) {
      showPlace();
      showChosen();
    }
  });

  new IntersectionObserver(show).observe(element);
  new ResizeObserver(() => {
    if (find(".plot svg")?.viewBox.baseVal.width !== find(".plot").clientWidth) showPlot();
  }).observe(find(".plot"));
};
