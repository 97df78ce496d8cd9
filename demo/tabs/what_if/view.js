import { unpack } from "../../web/arrays.js";
import { on, tell } from "../../web/bus.js";
import { called, doubtful, eachClass, ifItIs, looker, oneOf } from "../../web/class_names.js";
import { make, paint, svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { colourMap } from "../../web/patch_map.js";
import { paper, saves, write } from "../../web/save.js";
import { choose, chosen, pointing } from "../../web/selection.js";
import { call } from "../../web/server.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const NOTHING = { order: null, erased: [], heads: [], layers: [], positions: true };

  let seen = null,
    before = null,
    now = null; // the page's reading; the readings without and with the changes
  let changes = NOTHING,
    past = [],
    first = null,
    version = 0,
    drawn = "",
    stale = true;
  let questioned = null; // the digit that the map in sight was asked about, null for the one that is read

  /* Changes are never altered in place, so undo is a list of those before. */
  const change = (next) => {
    past.push(changes);
    changes = { ...changes, ...next };
    first = null;
    show();
    ask();
    announce();
  };

  /* The other views show the drawing as it is; the shared column says so while something is changed here. */
  const announce = () => tell("edited", { what: untouched() ? "" : summary(), reset: () => change(NOTHING) });
  const counts = (count, one, many = `${one}s`) => (count ? [`${count} ${count === 1 ? one : many}`] : []);
  const summary = () => {
    const { erased, heads, layers, positions } = changes,
      moved = order().filter((from, at) => from !== at).length;
    const gone = counts(erased.length, "patch", "patches").map((text) => `${text} rubbed out`),
      shifted = counts(moved, "patch", "patches").map((text) => `${text} moved`);
    const off = [
      ...counts(heads.length, "head"),
      ...counts(layers.length, "layer"),
      ...(positions ? [] : ["positions"]),
    ];
    return [...gone, ...shifted, ...(off.length ? [`${off.join(", ")} off`] : [])].join("; ");
  };
  const order = () => changes.order ?? [...Array(seen.model.num_patches).keys()];
  const toggled = (list, item) => {
    const text = JSON.stringify(item),
      rest = list.filter((other) => JSON.stringify(other) !== text);
    return rest.length === list.length ? [...list, item] : rest;
  };

  /* ---- asking: one request for each change; an answer to older changes is dropped ---- */
  const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
  const say = (text) => {
    find(".message").textContent = text;
  };
  const untouched = () => JSON.stringify(changes) === JSON.stringify(NOTHING);

  const ask = async () => {
    stale = !inSight();
    if (stale || !seen) return;
    const asking = ++version,
      source = seen.source,
      asked = untouched(),
      target = chosen().digit;
    find(".summary").setAttribute("aria-busy", "true");
    try {
      const answer = await call(server.changed, { ...source, changes, target });
      if (asking !== version) return;
      if (answer.error) return say(answer.error);
      answer.image = unpack(answer.image);
      say("");
      now = answer;
      if (asked) before = answer;
      else if (!before) before = { probs: seen.probs, digit: seen.digit };
      if (answer.parts !== undefined) showWorth(answer.parts);
      showAnswer();
    } catch {
      if (asking === version) say("The server does not answer. Try again in a moment.");
    } finally {
      if (asking === version) find(".summary").setAttribute("aria-busy", "false");
    }
  };

  /* ---- what is read ---- */
  const bars = eachClass(find(".bars"), (digit, name) => {
    const was = make("div", { class: "fill was" }),
      is = make("div", { class: "fill is" }),
      share = make("span", { class: "share" });
    const row = make(
      "button",
      { type: "button", "aria-pressed": "false", title: `Ask the map what speaks for ${name}` },
      make("span", {}, name),
      make("div", { class: "track" }, was, is),
      share,
    );
    row.addEventListener("click", () => {
      if (seen) choose({ digit: chosen().digit === digit ? null : digit });
    });
    return { node: make("li", {}, row), row, was, is, share };
  });

  const spoken = () => {
    const change = untouched() ? "" : now.digit === before.digit ? "Still " : "Now ",
      share = percent(now.probs[now.digit]);
    if (!now.in_distribution) return `${change}${doubtful(now.digit)} (${share} ${ifItIs()})`.replace(/ P/, " p");
    return `${change}${change ? "read" : "Read"} as ${called(now.digit)} (${share})`;
  };

  /* The digit that the map is asked about may have been chosen in another view. */
  const showAbout = () => {
    const { digit } = chosen(),
      other = digit !== null && digit !== now.digit;
    find(".about").hidden = !other;
    if (other) find(".about span").textContent = `The map is about ${oneOf(digit)}, which you chose here or in Why.`;
  };

  const showAnswer = () => {
    bars.forEach(({ row, was, is, share }, digit) => {
      was.style.transform = `scaleX(${before.probs[digit]})`;
      is.style.transform = `scaleX(${now.probs[digit]})`;
      share.textContent = percent(now.probs[digit]);
      row.classList.toggle("best", digit === now.digit);
    });
    find(".summary").textContent = spoken();
    paint(find(".frame canvas"), now.image.data, seen.model.image_size);
    for (const holder of maps()) colourMap(holder, seen.model, now.image, unpack(now.maps[holder.dataset.map]).data);
    find(".looker").textContent = looker();
    find(".moved").textContent =
      `What ${now.target === now.digit ? "made it" : "speaks for"} ${oneOf(now.target)} now: integrated gradients, orange for it, blue against`;
    showAbout();
    showChosen();
  };

  /* What is chosen in the tabs: the patch is framed, the head and the digit are marked. */
  const maps = () => [...element.querySelectorAll("[data-map]")];
  const showChosen = () => {
    const { token, layer, head, digit } = chosen();
    for (const [patch, cell] of [...find(".frame svg").children].entries())
      cell.classList.toggle("chosen", token === patch + 1);
    for (const cell of maps().flatMap((holder) => [...holder.querySelectorAll("[data-patch]")])) {
      const on = token === Number(cell.dataset.patch) + 1;
      cell.setAttribute("stroke", on ? "#fff" : "#ffffff40");
      cell.setAttribute("stroke-width", on ? 0.5 : 0.08);
    }
    for (const button of find(".parts").querySelectorAll("[data-head]"))
      button.classList.toggle("chosen", Number(button.dataset.layer) === layer && Number(button.dataset.head) === head);
    for (const [of, { row }] of bars.entries()) row.setAttribute("aria-pressed", digit === of);
  };

  /* ---- a patch that is pointed at is chosen in all views while that lasts; what a click in a map chooses stays ---- */
  const { point, toggle } = pointing();
  const tokenOf = ({ dataset: { place: at, patch } }) => {
    const index = at ?? patch;
    return index === undefined ? undefined : Number(index) + 1;
  };
  for (const type of ["pointerover", "focusin"])
    element.addEventListener(type, (event) => point(tokenOf(event.target)));
  for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, () => point());

  /* ---- the image ---- */
  const buildCells = ({ grid_size: side, patch_size: size, num_patches: count }) => {
    find(".frame svg").replaceChildren(
      ...Array.from({ length: count }, (_, index) =>
        svg("rect", {
          x: (index % side) * size,
          y: Math.floor(index / side) * size,
          width: size,
          height: size,
          tabindex: index ? -1 : 0,
          role: "button",
          "data-place": index,
        }),
      ),
    );
  };

  const show = () => {
    for (const [index, cell] of [...find(".frame svg").children].entries()) {
      const gone = changes.erased.includes(index),
        moved = order()[index] !== index;
      cell.setAttribute(
        "class",
        [gone && "gone", moved && "moved", first === index && "first"].filter(Boolean).join(" "),
      );
      cell.setAttribute(
        "aria-label",
        `${place(index + 1, seen.model.grid_size)}${gone ? ", rubbed out" : ""}${moved ? ", moved" : ""}`,
      );
    }
    const positions = find('[data-do="positions"]');
    positions.setAttribute("aria-pressed", !changes.positions);
    positions.disabled = seen.model.positions === "none";
    positions.title = positions.disabled ? "This model has no position embeddings." : "";
    for (const name of ["undo", "reset"])
      find(`[data-do="${name}"]`).disabled = !past.length || (name === "reset" && untouched());
    for (const button of find(".parts").querySelectorAll("button")) button.setAttribute("aria-pressed", isOff(button));
    showChosen();
  };

  const tool = () => find(".tools input:checked").value;

  const press = (index) => {
    if (tool() === "erase") return change({ erased: toggled(changes.erased, index) });
    if (first === null || first === index) {
      first = first === index ? null : index;
      return show();
    }
    const next = order();
    [next[first], next[index]] = [next[index], next[first]];
    change({ order: next });
  };

  const shuffled = (count) => {
    const left = [...Array(count).keys()];
    return Array.from({ length: count }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
  };

  const actions = {
    shuffle: () => change({ order: shuffled(seen.model.num_patches) }),
    positions: () => change({ positions: !changes.positions }),
    undo: () => {
      changes = past.pop();
      first = null;
      show();
      ask();
      announce();
    },
    reset: () => change(NOTHING),
  };
  find("[data-about]").addEventListener("click", () => choose({ digit: null }));
  for (const button of element.querySelectorAll("[data-do]"))
    button.addEventListener("click", () => {
      if (seen) actions[button.dataset.do]();
    });

  const grid = find(".frame svg");
  grid.addEventListener("click", (event) => {
    if (seen && event.target.dataset.place) press(Number(event.target.dataset.place));
  });
  for (const holder of maps())
    holder.addEventListener("click", (event) => {
      if (seen && event.target.dataset.patch) toggle(tokenOf(event.target));
    });
  rove(grid, "rect", () => seen?.model.grid_size);

  /* ---- the model's parts ---- */
  const isOff = ({ dataset: { layer, head } }) =>
    head === undefined
      ? changes.layers.includes(Number(layer))
      : changes.heads.some(([at, index]) => at === Number(layer) && index === Number(head));

  const part = (layer, head) => {
    const name = head === undefined ? `layer ${layer + 1}` : `head ${head + 1}`;
    const button = make(
      "button",
      {
        type: "button",
        "aria-pressed": "false",
        "data-layer": layer,
        ...(head === undefined ? {} : { "data-head": head }),
      },
      make("span", { class: "unseen" }, head === undefined ? "Switch off " : `Switch off layer ${layer + 1}, `),
      name,
      " ",
      make("small"),
    );
    button.addEventListener("click", () =>
      change(
        head === undefined
          ? { layers: toggled(changes.layers, layer) }
          : { heads: toggled(changes.heads, [layer, head]) },
      ),
    );
    return button;
  };

  const buildParts = ({ depth, num_heads: heads }) => {
    find(".parts").style.gridTemplateColumns = `repeat(${heads + 1}, minmax(0, 92px))`;
    find(".parts").replaceChildren(
      ...Array.from({ length: depth }, (_, layer) => [
        part(layer),
        ...Array.from({ length: heads }, (_, head) => part(layer, head)),
      ]).flat(),
    );
  };

  /* What the accuracy changes by without a part, in points; two digits after the point where that is less than ten. */
  const inPoints = (change) =>
    `${change < 0 ? "−" : change > 0 ? "+" : ""}${Math.abs(change).toFixed(Math.abs(change) < 9.95 ? 2 : 0)}`;

  /* What a part is worth on the test set is known for the models that ship. */
  const showWorth = (parts) => {
    find(".worth").textContent = parts
      ? "Below each part: by how many points the accuracy on MNIST's 10,000 test digits falls (−) or rises (+) without it alone."
      : "";
    find(".counted").textContent = parts ? counted(parts) : "";
    for (const button of find(".parts").querySelectorAll("button")) {
      const { layer, head } = button.dataset;
      const change = parts && 100 * ((head === undefined ? parts.layers[layer] : parts.heads[layer][head]) - parts.all),
        said = parts ? inPoints(change) : "";
      button.querySelector("small").textContent = said;
      button.title = !parts
        ? ""
        : change
          ? `${said.slice(1)} points ${change < 0 ? "worse" : "better"} without it`
          : "neither worse nor better without it";
    }
  };

  /* How many parts cost less than one point of accuracy alone, counted from the numbers that stand below them. */
  const counted = ({ all, heads, layers }) => {
    const spared = (list) => `${list.filter((share) => 100 * (all - share) < 1).length} of ${list.length}`;
    return `Alone, ${spared(heads.flat())} heads and ${spared(layers)} layers cost less than one point of accuracy.`;
  };

  /* ---- files ---- */
  const sheet = () => {
    const bar = (x, y, portion, height, fill) => svg("rect", { x, y, width: 150 * portion, height, fill });
    const drawn = maps().flatMap((holder, index) => {
      const map = holder.firstChild.cloneNode(true),
        x = 20 + 260 * index,
        [name, more] = holder.nextElementSibling.textContent.split(/: /);
      for (const [attribute, value] of Object.entries({ x, y: 66, width: 240, height: 240 }))
        map.setAttribute(attribute, value);
      return [write(x, 58, name), write(x, 324, more, { "font-size": 11 }), map];
    });
    const rows = now.probs.flatMap((portion, digit) => {
      const y = 66 + 24 * digit;
      return [
        write(540, y + 13, called(digit)),
        bar(556, y, before.probs[digit], 5, "#94a3b8"),
        bar(556, y + 6, portion, 9, "#ef7d1a"),
        write(716, y + 13, percent(portion)),
      ];
    });
    return paper(
      780,
      340,
      12.5,
      write(20, 28, find(".summary").textContent, { "font-size": 16, "font-weight": 600 }),
      ...drawn,
      write(540, 58, "grey before, orange now"),
      ...rows,
    );
  };
  saves(element, { ready: () => now, name: () => `what-if-${now.digit}`, picture: sheet });

  /* ---- following the page: a new drawing, or another model, begins anew ---- */
  on("nothing", () => {
    version++;
    seen = before = now = null;
    changes = NOTHING;
    past = [];
    announce();
    find(".summary").textContent = "Draw a digit first";
    paint(find(".frame canvas"), [0], 1);
    for (const holder of maps()) holder.replaceChildren();
    find(".moved").textContent = "";
    for (const { was, is, share } of bars) {
      was.style.transform = is.style.transform = "scaleX(0)";
      share.textContent = "";
    }
  });

  on("reading", (reading) => {
    if (!reading.whole) return;
    seen = reading;
    changes = NOTHING;
    past = [];
    first = before = null;
    announce();
    questioned = chosen().digit;
    if (drawn !== JSON.stringify(seen.model)) {
      drawn = JSON.stringify(seen.model);
      buildCells(seen.model);
      buildParts(seen.model);
    }
    show();
    ask();
  });

  on("chosen", ({ digit }) => {
    if (!seen) return;
    showChosen();
    if (digit !== questioned) {
      questioned = digit;
      ask();
    }
  });

  new IntersectionObserver(() => {
    if (stale) ask();
  }).observe(element);
};
