import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { called, eachClass, looker, oneOf } from "../../web/class_names.js";
import { make, svg } from "../../web/dom.js";
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { buildMap, colourCells } from "../../web/patch_map.js";
import { saves } from "../../web/save.js";
import { choose, chosen } from "../../web/selection.js";
import { call } from "../../web/server.js";

export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  const AGAIN = 300; // milliseconds between two looks at a table that is being read
  const SLOW = 400; // milliseconds after which the page says that it calculates
  const NUMBERS_UP_TO = 4; // patches a side, beyond which numbers would not fit into the cells
  const UNITS = "log-odds";

  let seen = null; // the reading that is explained
  let questioned = null; // the digit that the answer in sight is about, null for the one that was read
  let maskMode = "erased",
    quick = null,
    answer = null,
    version = 0,
    stale = true;

  /* ---- one map: the digit with a colour on each patch ---- */
  const layOutMap = (holder, focusable) => {
    const cells = buildMap(holder, seen.model, seen.image, focusable ? { role: "group" } : { "aria-hidden": "true" });
    if (!focusable) return;
    for (const [patch, cell] of cells.entries()) {
      cell.setAttribute("tabindex", patch ? -1 : 0);
      cell.setAttribute("role", "img");
    }
    holder.firstChild.append(
      svg("g", {
        "font-family": "system-ui, sans-serif",
        "font-size": 1.9,
        fill: "#fff",
        stroke: "#000",
        "stroke-width": 0.45,
        "paint-order": "stroke",
        "text-anchor": "middle",
        "pointer-events": "none",
      }),
    );
  };

  const cellsOf = (holder) => [...holder.querySelectorAll("rect[data-patch]")];

  /* All log-odds of one answer are rounded alike: exact ones to a tenth, estimates, which have an error, to a hundredth. */
  const decimals = () => (answer?.exact === false ? 2 : 1);
  const signed = (value, digits = decimals()) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
  const rounded = (value) => Number(value.toFixed(decimals()));

  /* What a patch is worth; an estimate comes with its standard error. */
  const worth = (patch) =>
    answer.errors && answer.maskable.includes(patch)
      ? `${signed(answer.map[patch])} ± ${answer.errors[patch].toFixed(2)}`
      : signed(answer.map[patch]);

  const decimal = (value) => value.toFixed(2).replace("-", "−");

  /* The exact map has its numbers written into its cells, where they fit. */
  const number = (holder, values) => {
    const { grid_size: side, patch_size: size } = seen.model;
    for (const [patch, cell] of cellsOf(holder).entries())
      cell.setAttribute("aria-label", `${place(patch + 1, side)}: ${worth(patch)} ${UNITS}`);
    const written =
      side > NUMBERS_UP_TO
        ? []
        : [...values].flatMap((value, patch) =>
            Math.abs(value) < 0.05
              ? []
              : [
                  svg(
                    "text",
                    {
                      x: ((patch % side) + 0.5) * size,
                      y: (Math.floor(patch / side) + 0.94) * size,
                    },
                    signed(value),
                  ),
                ],
          );
    holder.querySelector("g").replaceChildren(...written);
  };

  /* ---- what is shown ---- */
  const maps = () =>
    Object.fromEntries([...element.querySelectorAll("[data-map]")].map((holder) => [holder.dataset.map, holder]));

  const layOut = () => {
    for (const [key, holder] of Object.entries(maps())) layOutMap(holder, key === "exact");
  };

  const asked = () => chosen().digit ?? seen.digit;

  const showQuestion = () => {
    for (const [digit, label] of [...find(".digits").children].entries()) {
      label.classList.toggle("predicted", digit === seen?.digit);
      label.querySelector("input").checked = Boolean(seen) && digit === asked();
    }
  };

  const showQuick = () => {
    for (const [key, { map, ms }] of Object.entries(quick.maps)) {
      const values = unpack(map).data;
      quick.maps[key].values = values;
      colourCells(cellsOf(maps()[`card-${key}`]), values);
      if (key === "attention") colourCells(cellsOf(maps().attention), values);
      find(`[data-card="${key}"] .cost`).textContent = `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
    }
    find(".gap").textContent = gapOf(quick.maps.integrated_gradients.values, quick.gap);
  };

  /* Integrated gradients should add up to what the drawing gains over a blank sheet; what they lack comes from their steps. */
  const gapOf = (values, gap) => {
    const sum = values.reduce((all, value) => all + value, 0);
    return gap === null
      ? ""
      : `Adds up to ${decimal(sum)} ${UNITS}; it should be ${decimal(sum + gap)}, a gap of ${decimal(Math.abs(gap))}.`;
  };

  const scoreOf = (score) => (score.deletion === null ? null : (score.deletion + score.insertion) / 2);

  const showAnswer = () => {
    const values = unpack(answer.values).data;
    answer.map = values;
    answer.errors = answer.error_bars && unpack(answer.error_bars).data;
    colourCells(cellsOf(maps().exact), values);
    number(maps().exact, values);
    find(".title").textContent =
      `What ${asked() === answer.predicted ? "made it" : "speaks for"} ${oneOf(asked())}${answer.exact ? "" : " (estimated)"}`;
    find(".claim").textContent = props.methods.find(({ mask_mode: missing }) => missing === answer.mask_mode).claim;
    find(".sum").textContent =
      `The patches add up to ${signed(rounded(answer.all) - rounded(answer.none))}: from ${signed(answer.none)} with none to ${signed(answer.all)} with all. ` +
      `${answer.readings.toLocaleString("en")} readings, ${answer.ms} ms. ${UNITS[0].toUpperCase()}${UNITS.slice(1)}; orange speaks for it, blue against.` +
      (answer.exact ? "" : " ± is the standard error: how far such an estimate is typically off.");
    find(".scored").hidden = !answer.exact;
    find(".unscored").hidden = answer.exact;
    find(".many").textContent = answer.maskable.length;
    find(".summary").textContent = answer.summary.text;
    outline();
    for (const [key, score] of Object.entries(answer.scores)) showScore(key, score);
    showSets();
  };

  const showScore = (key, score) => {
    const number = scoreOf(score),
      line = find(`[data-card="${key}"] .score`);
    line.textContent =
      number === null
        ? score.rank === null
          ? "no score here"
          : `rank agreement ${decimal(score.rank)}`
        : `score ${decimal(number)}`;
    line.title = number === null ? "" : `deletion ${decimal(score.deletion)}, insertion ${decimal(score.insertion)}`;
  };

  /* The two patches that the sentence names are outlined in both large maps: dashed where attention is strongest. */
  const outline = () => {
    const { attention, value } = answer.summary,
      { grid_size: side, patch_size: size } = seen.model;
    for (const holder of [maps().exact, maps().attention]) {
      const frames = [
        [attention, "1 0.7"],
        [value, "none"],
      ]
        .filter(([patch]) => patch !== null)
        .map(([patch, dashes]) =>
          svg("rect", {
            class: "top",
            x: (patch % side) * size + 0.4,
            y: Math.floor(patch / side) * size + 0.4,
            width: size - 0.8,
            height: size - 0.8,
            fill: "none",
            stroke: "#fff",
            "stroke-width": 0.4,
            "stroke-dasharray": dashes,
            "pointer-events": "none",
          }),
        );
      for (const old of holder.querySelectorAll(".top")) old.remove();
      holder.firstChild.append(...frames);
    }
  };

  /* ---- the patches that decide ---- */
  const listed = (patches) => patches.map((patch) => place(patch + 1, seen.model.grid_size)).join("; ");

  const sentences = ({ suffices, flips, pair }) => {
    const digit = asked(),
      gone = maskMode === "erased" ? "erased" : "unseen",
      found = [];
    if (suffices?.length)
      found.push([
        suffices,
        `${suffices.length === 1 ? "This patch alone is" : `These ${suffices.length} patches alone are`} enough for ${called(digit)}`,
      ]);
    else if (suffices) found.push([[], `No patch is needed: with all ${gone} the model says ${called(digit)} as well`]);
    if (flips?.length)
      found.push([
        flips,
        `With ${flips.length === 1 ? "this one" : `these ${flips.length}`} ${gone} it is no longer ${called(digit)}`,
      ]);
    if (pair)
      found.push([
        pair.patches,
        pair.strength > 0
          ? `These two need each other most (${signed(pair.strength)})`
          : `These two can best stand in for each other (${signed(pair.strength)})`,
      ]);
    return found;
  };

  const showSets = () => {
    find(".sets").replaceChildren(
      ...(answer.sets ? sentences(answer.sets) : []).map(([patches, text]) => {
        if (!patches.length) return make("li", {}, `${text}.`);
        const button = make("button", { type: "button", title: listed(patches) }, `${text}.`);
        for (const [event, set] of [
          ["pointerenter", patches],
          ["focus", patches],
          ["pointerleave", null],
          ["blur", null],
        ])
          button.addEventListener(event, () => mark(set));
        return make("li", {}, button);
      }),
    );
  };

  /* Continues why.js: pointing, keys, questions to the server, files, and following the page. */

  /* ---- a patch under the pointer is marked in all maps, and told in words ---- */
  const pinned = () => (chosen().token ? [chosen().token - 1] : null);
  const mark = (pointed) => {
    const patches = pointed ?? pinned();
    for (const holder of Object.values(maps()))
      for (const [patch, cell] of cellsOf(holder).entries()) {
        const on = Boolean(patches?.includes(patch));
        cell.setAttribute("stroke", on ? "#fff" : "#ffffff40");
        cell.setAttribute("stroke-width", on ? 0.5 : 0.08);
      }
    find(".here").textContent =
      patches?.length === 1
        ? told(patches[0])
        : patches
          ? listed(patches)
          : "Point at a patch to compare what the maps say of it; click to keep it chosen in every tab.";
  };

  const told = (patch) => {
    const parts = [];
    if (answer?.map)
      parts.push(answer.maskable.includes(patch) ? `worth ${worth(patch)}` : "without ink, so worth nothing");
    if (quick?.maps.attention.values)
      parts.push(`${(100 * quick.maps.attention.values[patch]).toFixed(1)} % of cls's attention`);
    return `${place(patch + 1, seen.model.grid_size)}: ${parts.join(", ")}.`;
  };

  element.addEventListener("pointerover", (event) => {
    const cell = event.target.closest?.("rect[data-patch]");
    if (cell && seen) mark([Number(cell.dataset.patch)]);
  });
  element.addEventListener("pointerout", (event) => {
    if (seen && event.target.closest?.("rect[data-patch]")) mark(null);
  });
  element.addEventListener("click", (event) => {
    const cell = event.target.closest?.("rect[data-patch]"),
      token = cell && Number(cell.dataset.patch) + 1;
    if (seen && cell) choose({ token: chosen().token === token ? null : token });
  });
  element.addEventListener("focusin", (event) => {
    if (seen && event.target.dataset?.patch) mark([Number(event.target.dataset.patch)]);
  });
  rove(find('[data-map="exact"]'), "rect[data-patch]", () => seen?.model.grid_size);

  /* ---- asking: the quick maps first, then the exact answer; an answer to an older question is dropped ---- */
  const say = (text) => {
    find(".message").textContent = text;
  };

  /* What is shown of an older question fades until the new answer is there. */
  const busy = (now) => {
    find(".answer").setAttribute("aria-busy", now);
  };

  const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;

  const ask = async () => {
    stale = !inSight();
    if (stale || !seen) return;
    const asking = ++version,
      question = { ...seen.source, target: chosen().digit };
    const current = () => asking === version;
    answer = null;
    busy(true);
    const slow = setTimeout(sayCalculating, SLOW, current);
    try {
      const found = await call(server.maps, question);
      if (!current()) return;
      if (found.error) return say(found.error);
      quick = found;
      showQuick();
      const full = await exactAnswer(question, current);
      if (!full) return;
      if (full.error) return say(full.error);
      answer = full;
      say("");
      showAnswer();
    } catch {
      if (current()) say("The server does not answer. Try again in a moment.");
    } finally {
      clearTimeout(slow);
      if (current()) {
        busy(false);
        find(".progress").hidden = true;
        if (!answer) find(".summary").textContent = "";
      }
    }
  };

  /* Many patches take seconds, of which the server does not say how many have passed; a table of all subsets says it itself. */
  const sayCalculating = (current) => {
    if (current() && maskMode === "erased")
      find(".summary").textContent = `Calculating what each of the ${seen.model.num_patches} patches is worth…`;
  };

  /* The answer about erased ink comes at once; the one about unseen patches is read in the background. */
  const exactAnswer = async (question, current) => {
    if (maskMode === "erased") {
      const found = await call(server.erased, question);
      return current() ? found : null;
    }
    find(".summary").textContent = "Reading with patches missing…";
    for (;;) {
      const found = await call(server.unseen, question);
      if (!current()) return null;
      if (found.done === undefined) return found;
      find(".progress").hidden = false;
      find(".progress .fill").style.transform = `scaleX(${found.done / found.of})`;
      find(".progress .share").textContent = `${found.done.toLocaleString("en")} of ${found.of.toLocaleString("en")}`;
      await new Promise((resolve) => {
        setTimeout(resolve, AGAIN);
      });
      if (!current()) return null;
      if (!inSight()) {
        stale = true;
        return null;
      } // nobody waits for it: the table is dropped, and begun anew when the tab is opened again
    }
  };

  /* ---- the page's parts ---- */
  eachClass(find(".digits"), (digit, name) => {
    const input = make("input", { type: "radio", name: "inkling-why", value: digit, "aria-label": `Why ${name}?` });
    input.addEventListener("change", () => choose({ digit: digit === seen?.digit ? null : digit }));
    return { node: make("label", {}, input, make("span", {}, name)) };
  });

  for (const input of element.querySelectorAll(".mask-modes input"))
    input.addEventListener("change", () => {
      maskMode = input.value;
      ask();
    });

  find(".methods").replaceChildren(
    ...props.methods
      .filter(({ quick: now }) => now)
      .map(({ key, title, claim, asks }) =>
        make(
          "div",
          { class: "card", "data-card": key },
          make("h4", {}, title),
          make("div", { class: "map", "data-map": `card-${key}` }),
          make("p", {}, make("span", { class: "score" }), " · ", make("span", { class: "cost" })),
          make("p", {}, `${claim}${asks ? "" : " The same for every digit."}`),
          ...(key === "integrated_gradients" ? [make("p", { class: "gap" })] : []),
        ),
      ),
  );

  /* ---- files: all maps on one sheet ---- */
  const CARD = 40,
    TOP = 6;
  const titles = () => Object.fromEntries(props.methods.map(({ key, title }) => [`card-${key}`, title]));
  const sheet = () => {
    const names = { exact: `${asked()}: ${answer.exact ? "exact" : "estimated"}, ${maskMode}`, ...titles() };
    const shown = Object.entries(maps()).filter(([key]) => names[key]),
      columns = 4,
      pixels = seen.model.image_size;
    const rows = Math.ceil(shown.length / columns),
      width = columns * CARD,
      height = rows * (CARD + TOP);
    const parts = shown.map(([key, holder], index) => {
      const map = holder.firstChild.cloneNode(true),
        x = (index % columns) * CARD + 2,
        y = Math.floor(index / columns) * (CARD + TOP) + TOP;
      for (const [name, value] of Object.entries({ x, y, width: CARD - 4, height: CARD - 4 }))
        map.setAttribute(name, value);
      return [
        svg(
          "text",
          { x, y: y - 1.5, "font-size": 2.6, "font-family": "system-ui, sans-serif", fill: "#111" },
          names[key],
        ),
        map,
      ];
    });
    return svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        viewBox: `0 0 ${width} ${height}`,
        width: width * 6,
        height: height * 6,
        "data-pixels": pixels,
      },
      svg("rect", { width, height, fill: "#fff" }),
      ...parts.flat(),
    );
  };
  saves(element, {
    ready: () => answer,
    first: "Wait for the answer first.",
    name: () => `why-${asked()}-${maskMode}`,
    picture: sheet,
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    version++;
    seen = quick = answer = null;
    find(".summary").textContent = "Draw a digit first";
    for (const holder of Object.values(maps())) holder.replaceChildren();
    for (const part of element.querySelectorAll(".score, .cost, .gap, .claim, .sum, .here, .message"))
      part.textContent = "";
    find(".sets").replaceChildren();
    find(".progress").hidden = true;
    showQuestion();
  });

  on("reading", (reading) => {
    if (!reading.whole) return; // a glance, while the pen is down: the answer to what is not finished would come too late
    const { model, image, source, digit } = reading;
    seen = { model, source, digit, image };
    questioned = chosen().digit;
    maskMode = "erased"; // what takes seconds is asked for by a click, of each drawing anew
    find('.mask-modes input[value="erased"]').checked = true;
    find(".looker").textContent = looker();
    layOut();
    mark(null);
    showQuestion();
    stale = true;
    ask();
  });

  on("chosen", (selection) => {
    if (!seen) return;
    mark(null);
    showQuestion();
    if (selection.digit !== questioned) {
      questioned = selection.digit;
      ask();
    }
  });

  new IntersectionObserver(() => {
    if (stale) ask();
  }).observe(element);
};
