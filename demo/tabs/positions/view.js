import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { make, svg } from "../../web/dom.js";
import { fixed } from "../../web/format.js";
import { patch, place } from "../../web/grid.js";
import { isInSight } from "../../web/in_sight.js";
import { rove } from "../../web/keyboard.js";
import { buildMap, colourCells } from "../../web/patch_map.js";
import { saves } from "../../web/save.js";
import { choose, chosen, MEAN } from "../../web/selection.js";
import { call, NO_ANSWER } from "../../web/server.js";
import { distances } from "./distance.js";
import { distancePlot } from "./distance_plot.js";
import { colour, gapOf, tiles, UNIT } from "./heat_map.js";
import { largest, rowsOf, sum } from "./numbers.js";
import { sheet } from "./sheet.js";
import { cosines, meansInWords } from "./similarity.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const all = (selector) => [...element.querySelectorAll(selector)];
  const NUMBERS_UP_TO = 7; // pixels a side of a filter, beyond which its numbers would not fit

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

  const token = () =>
    previewed ??
    chosen().token ??
    Math.floor(seen.model.grid_size / 2) * seen.model.grid_size + Math.floor(seen.model.grid_size / 2) + 1;
  const tokenName = (at) => (at ? `patch ${at}` : "cls");

  const showAlike = () => {
    const { grid_size: side } = seen.model,
      maps = cosines(rowsOf(unpack(seen.positions))),
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
    find(".fact").textContent = meansInWords(maps.slice(1), side);
    const none = seen.model.positions === "none";
    find(".unordered").hidden = !none;
    find(".pair").hidden = find(".note").hidden = none;
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

  /* ---- how far each head looks ---- */

  const headName = (layer, head) => `Layer ${layer + 1}, head ${head + 1}`;

  const showPlot = () => {
    if (!known.distance) return;
    const plot = distancePlot(find(".plot").clientWidth, seen.model, known, seen.far, spoken);
    if (!plot) return; // hidden, or not laid out yet
    find(".plot").replaceChildren(plot);
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
    if (!seen || !isInSight(element)) return;
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
        say(NO_ANSWER);
      }
    }
  };

  /* ---- the file ---- */
  saves(element, {
    ready: () => known.filters && known.distance,
    name: () => "positions",
    picture: () => sheet(element, kind, known.digits),
  });

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
