import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { called, eachClass } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { make, onceAFrame, paint, svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { place } from "../../web/grid.js";
import { isInSight } from "../../web/in_sight.js";
import { rove } from "../../web/keyboard.js";
import { buildMap } from "../../web/patch_map.js";
import { player } from "../../web/player.js";
import { saves } from "../../web/save.js";
import { choose, chosen } from "../../web/selection.js";
import { call, NO_ANSWER } from "../../web/server.js";
import { nearest, nearestInWords, originInWords, trustInWords } from "./sentences.js";
import { sheet } from "./sheet.js";
import { MAP_SIDE, tokenMap } from "./token_map.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const LAYER_MS = 1000,
    REST_MS = 500; // milliseconds that a block takes while it plays, and in which nothing moves after it
  const SLOW = 800; // milliseconds after which a visitor is told what takes so long

  let seen = null,
    says = null,
    path = null; // the page's reading; what tokens say (L + 1, N, K); the way of cls
  let digitMap = null,
    pictures = null; // the map, kept as long as the model reads; the shipped digits' pictures
  let at = 0; // where the slider is: 0 before the first block, L after the last
  let hovered = null,
    layer = null,
    version = 0,
    stale = true;

  const depth = () => seen.model.depth;
  const drawnMap = tokenMap(find(".token-map"), {
    get map() {
      return digitMap;
    },
    get path() {
      return path;
    },
    get depth() {
      return depth();
    },
    get position() {
      return at;
    },
  });
  const step = () => Math.round(at);
  const token = () => hovered ?? chosen().token ?? 0;
  const asked = () => chosen().digit ?? seen.digit;
  const when = () => (step() ? `After layer ${step()} of ${depth()}` : "Before the first layer");

  /* The probabilities of a token at the step that is shown. */
  const row = (of) => {
    const [, tokens, classes] = says.shape,
      start = (step() * tokens + of) * classes;
    return says.data.subarray(start, start + classes);
  };
  const best = (shares) => shares.reduce((found, share, digit) => (share > shares[found] ? digit : found), 0);
  const answering = () => (seen.model.pool === "mean" ? "the mean of the patches" : "cls");
  const name = (of) => (of ? place(of, seen.model.grid_size) : answering());

  /* ---- the two maps of the patches ---- */
  const cells = {},
    glyphs = [];

  const layOut = () => {
    const { patch_size: size, grid_size: side } = seen.model;
    find(".pooled").hidden = seen.model.pool !== "mean";
    for (const key of ["says", "strength"]) {
      cells[key] = buildMap(find(`[data-map="${key}"]`), seen.model, seen.image);
      for (const [patch, cell] of cells[key].entries()) {
        for (const [attribute, value] of Object.entries({
          fill: "transparent",
          role: "button",
          tabindex: patch ? -1 : 0,
        }))
          cell.setAttribute(attribute, value);
      }
    }
    const drawn = find('[data-map="says"] svg');
    drawn.querySelector("image").setAttribute("opacity", 0.45);
    drawn.prepend(svg("path", { d: `M0 0h${seen.model.image_size}v${seen.model.image_size}H0z`, fill: "#000" })); // the ground, which a file has no style for
    glyphs.splice(
      0,
      glyphs.length,
      ...cells.says.map((_, patch) =>
        svg("text", {
          x: ((patch % side) + 0.5) * size,
          y: (Math.floor(patch / side) + 0.5) * size,
          "text-anchor": "middle",
          "dominant-baseline": "central",
          "font-family": "system-ui, sans-serif",
          "paint-order": "stroke",
          "stroke-linejoin": "round",
          "pointer-events": "none",
        }),
      ),
    );
    drawn.append(...glyphs);
  };

  const showPatches = () => {
    const size = seen.model.patch_size,
      digit = asked();
    glyphs.forEach((glyph, patch) => {
      const shares = row(patch + 1),
        said = best(shares),
        sure = shares[said];
      glyph.textContent = called(said);
      for (const [attribute, value] of Object.entries({
        fill: digitColour(said),
        "font-size": (size * (0.42 + 0.42 * sure)) / Math.max(1, called(said).length / 2),
        "font-weight": 400 + 100 * Math.round(4 * sure),
        opacity: 0.35 + 0.65 * sure,
        stroke: "#000",
        "stroke-width": 0.1 * size,
      }))
        glyph.setAttribute(attribute, value);
      for (const [key, cell] of [
        ["says", cells.says[patch]],
        ["strength", cells.strength[patch]],
      ]) {
        cell.setAttribute(
          "aria-label",
          key === "says"
            ? `${name(patch + 1)} predicts ${called(said)}, ${percent(sure)}`
            : `${name(patch + 1)}: ${called(digit)} ${percent(shares[digit])}`,
        );
        cell.setAttribute("stroke", token() === patch + 1 ? "#fff" : "#ffffff40");
        cell.setAttribute("stroke-width", token() === patch + 1 ? 0.4 : 0.08);
      }
      cells.strength[patch].setAttribute("fill", `rgb(255 140 26 / ${0.85 * shares[digit]})`);
    });
    find(".asked").textContent = `Probability of ${called(digit)} for each patch`;
    for (const input of element.querySelectorAll(".digits input")) input.checked = Number(input.value) === digit;
  };

  /* ---- one token's bars, one a class ---- */
  const bars = eachClass(find(".bars"), (_digit, name) => {
    const fill = make("div", { class: "fill" }),
      share = make("span", { class: "share" });
    return { node: make("li", {}, make("span", {}, name), make("div", { class: "track" }, fill), share), fill, share };
  });

  const showBars = () => {
    const shares = row(token()),
      said = best(shares);
    find(".who").textContent =
      `${token() ? name(token()) : seen.model.pool === "mean" ? "The mean of the patches" : "The cls token"} predicts ${called(said)}`;
    find(".release").disabled = !chosen().token;
    bars.forEach(({ node, fill, share }, digit) => {
      fill.style.transform = `scaleX(${shares[digit]})`;
      share.textContent = percent(shares[digit]);
      node.classList.toggle("best", digit === said);
    });
  };

  const showSummary = () => {
    const shares = row(0),
      said = best(shares),
      count = seen.model.num_patches;
    const agree = Array.from({ length: count }, (_, patch) => best(row(patch + 1))).filter(
      (digit) => digit === said,
    ).length;
    const cls = `${when()}, ${answering()} predicts ${called(said)} (${percent(shares[said])})`;
    const others =
      agree === count
        ? `and so do all ${count} patches`
        : agree
          ? `and so ${agree === 1 ? "does" : "do"} ${agree} of ${count} patches`
          : "and no patch does";
    find(".summary").textContent = step()
      ? `${cls}, ${others}.`
      : `${cls}: it is the same for every drawing, because no layer has run yet.`;
  };

  const showTrust = () => {
    const [x, y] = drawnMap.spot(null);
    const spots = [...digitMap.labels.keys()].map((index) => drawnMap.spot(index));
    const near = nearest(digitMap.labels, spots, [x, y], digitMap.figures.neighbours);
    find(".here").textContent = nearestInWords(step(), when(), near);
    find(".trust").textContent = trustInWords(step(), digitMap.figures, seen.model.embed_dim);
    find(".about").textContent = originInWords(digitMap);
  };

  /* ---- a dot under the pointer is shown ---- */
  const showDot = (index) => {
    const canvas = find(".dot canvas"),
      picture = index === null ? -1 : digitMap.pictures[index];
    canvas.getContext("2d").clearRect(0, 0, 28, 28);
    if (picture >= 0 && pictures)
      canvas
        .getContext("2d")
        .drawImage(
          pictures.image,
          (picture % pictures.columns) * 28,
          Math.floor(picture / pictures.columns) * 28,
          28,
          28,
          0,
          0,
          28,
          28,
        );
    find(".dot span").textContent =
      index === null
        ? "Point at a dot to see its test digit."
        : `A test digit, labelled ${digitMap.labels[index]}.${picture < 0 ? " Its picture does not ship with this page." : ""}`;
  };

  find(".token-map").addEventListener("pointermove", (event) => {
    if (!digitMap || !path) return;
    const box = find(".token-map").getBoundingClientRect();
    showDot(
      drawnMap.dotAt(
        ((event.clientX - box.left) / box.width) * MAP_SIDE,
        ((event.clientY - box.top) / box.height) * MAP_SIDE,
      ),
    );
  });
  find(".token-map").addEventListener("pointerleave", () => {
    if (digitMap) showDot(null);
  });

  /* ---- the slider over the blocks, and playing ---- */
  const show = () => {
    if (!says) return;
    showPatches();
    showBars();
    showSummary();
    drawnMap.show();
    showTrust();
    slider.value = at;
    slider.setAttribute("aria-valuetext", when());
    for (const [block, tick] of [...find(".ticks").children].entries()) tick.classList.toggle("now", block === step());
  };

  const refresh = onceAFrame(show);

  const go = (to) => {
    at = Math.min(Math.max(to, 0), depth());
    refresh();
  };

  /* Where the slider comes to rest, all tabs show that block. */
  const rest = () => {
    go(step());
    layer = step() ? step() - 1 : chosen().layer;
    if (layer !== chosen().layer) choose({ layer });
  };

  const begin = () => {
    const from = step() >= depth() ? 0 : step();
    go(from);
    return (milliseconds) => {
      const passed = Math.max(milliseconds - REST_MS, 0) / (LAYER_MS + REST_MS),
        block = Math.floor(passed),
        part = Math.min(((passed - block) * (LAYER_MS + REST_MS)) / LAYER_MS, 1);
      const eased = part * part * (3 - 2 * part);
      go(from + block + (still.matches ? Math.floor(part) : eased));
      return from + block < depth();
    };
  };

  const { slider, stop } = player(element, {
    ready: () => says,
    begin,
    slide: go,
    rest,
    move: (by) => {
      at = Math.min(Math.max(step() + by, 0), depth());
      rest();
    },
  });

  const buildTicks = () => {
    const named = (block) => (block ? (block === depth() || depth() < 5 ? `layer ${block}` : String(block)) : "before");
    slider.max = depth();
    find(".ticks").replaceChildren(
      ...Array.from({ length: depth() + 1 }, (_, block) =>
        make("span", { style: `left: ${(100 * block) / depth()}%` }, named(block)),
      ),
    );
  };

  /* ---- a patch under the pointer shows its bars ---- */
  const cellOf = (event) => event.target.closest?.("rect[data-patch]");
  const hover = (to) => {
    if (hovered !== to && says) {
      hovered = to;
      refresh();
    }
  };
  const pin = (to) => {
    hovered = null;
    choose({ token: chosen().token === to ? null : to });
  };
  for (const holder of element.querySelectorAll(".map")) {
    holder.addEventListener("pointerover", (event) => {
      if (cellOf(event)) hover(Number(cellOf(event).dataset.patch) + 1);
    });
    holder.addEventListener("pointerleave", () => hover(null));
    holder.addEventListener("focusin", (event) => {
      if (cellOf(event)) hover(Number(cellOf(event).dataset.patch) + 1);
    });
    holder.addEventListener("focusout", () => hover(null));
    holder.addEventListener("click", (event) => {
      if (cellOf(event) && says) pin(Number(cellOf(event).dataset.patch) + 1);
    });
    rove(holder, "rect[data-patch]", () => seen?.model.grid_size);
  }
  find(".release").addEventListener("click", () => pin(null));

  eachClass(find(".digits"), (digit, name) => {
    const input = make("input", {
      type: "radio",
      name: "inkling-layers",
      value: digit,
      "aria-label": `Probability of ${name} for each patch`,
    });
    input.addEventListener("change", () => {
      if (seen) choose({ digit: digit === seen.digit ? null : digit });
    });
    return { node: make("label", {}, input, make("span", {}, name)) };
  });

  /* ---- asking: one request for each drawing; an answer to an older one is dropped ---- */
  const say = (text) => {
    find(".message").textContent = text;
  };

  const ask = async () => {
    stale = !isInSight(element);
    if (stale || !seen) return;
    const asking = ++version;
    element.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => {
      if (asking === version) say("Making a map for this model. It takes some seconds, once.");
    }, SLOW);
    try {
      const answer = await call(server.lens, { ...seen.source, known: digitMap?.name });
      if (asking !== version) return;
      if (answer.error) return say(answer.error);
      say("");
      accept(answer);
      await fetchPictures();
    } catch {
      if (asking === version) say(NO_ANSWER);
    } finally {
      clearTimeout(slow);
      if (asking === version) element.setAttribute("aria-busy", "false");
    }
  };

  const accept = (answer) => {
    if (answer.token_map)
      digitMap = { ...answer.token_map, name: answer.name, points: unpack(answer.token_map.points) };
    [says, path] = [unpack(answer.probs), unpack(answer.path)];
    find(".content").hidden = false;
    layOut();
    drawnMap.layOut();
    buildTicks();
    const canvas = document.createElement("canvas");
    paint(canvas, seen.image.data, seen.model.image_size);
    drawnMap.showDrawing(canvas.toDataURL());
    at = Math.min(at, depth());
    show();
  };

  const fetchPictures = async () => {
    if (pictures) return;
    const { sheet, columns } = await call(server.pictures, {}),
      image = new Image();
    image.src = `data:image/png;base64,${sheet}`;
    await image.decode();
    pictures = { image, columns };
  };

  /* ---- the file ---- */
  saves(element, {
    ready: () => says,
    name: () => `layers-${asked()}-layer-${step()}`,
    picture: () => sheet(element, row(token())),
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    version++;
    stop();
    seen = says = path = null;
    find(".content").hidden = true;
    find(".summary").textContent = "Draw a digit first";
    say("");
    element.setAttribute("aria-busy", "false");
  });

  on("reading", (reading) => {
    if (!reading.whole) return;
    stop();
    seen = reading;
    says = path = hovered = null;
    layer = chosen().layer;
    at = layer + 1;
    stale = true;
    ask();
  });

  on("chosen", (selection) => {
    if (!says) return;
    if (selection.layer !== layer) {
      stop();
      layer = selection.layer;
      at = layer + 1;
    }
    refresh();
  });

  new IntersectionObserver(() => {
    if (stale) ask();
  }).observe(element);
};
