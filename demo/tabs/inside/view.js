import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { diverging } from "../../web/colours.js";
import { make, onceAFrame, svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { buildMap, colourCells } from "../../web/patch_map.js";
import { paper, saves } from "../../web/save.js";
import { choose, chosen, MEAN } from "../../web/selection.js";
import { call } from "../../web/server.js";

export const mount = ({ element, server }) => {
  const find = (selector) => element.querySelector(selector);
  const all = (selector) => element.querySelectorAll(selector);
  const ROWS = 60; // tokens in the tables at most; the others, with the smallest weights, share one row
  const LEGIBLE = 18; // pixels, below which a cell has its colour and no number
  const ROOMY = 25; // pixels, below which the number is small
  const BLOCK = 8; // features side by side that the line breaks do not part
  const MOST = 0.55; // of a colour at most, so that the number can be read on it

  let seen = null,
    numbers = null; // the reading, and what all its heads calculate with
  let now = null; // the calculation in sight
  let pointed = null,
    pinned = null,
    feature = null; // the key under the pointer, the one clicked, and the feature
  let version = 0,
    stale = true,
    drawn = "";

  /* ---- the calculation ---- */
  const head = () => (chosen().head === MEAN ? 0 : chosen().head);
  const query = () => chosen().token ?? 0;

  /* Queries, keys and values as the server packs them: fixed point from the `low` to the `high` of each table. */
  const restored = ({ qkv, low, high }) => {
    const { shape, data } = unpack(qkv),
      lows = unpack(low).data,
      highs = unpack(high).data,
      size = shape[3] * shape[4];
    for (let at = 0; at < lows.length; at++)
      for (let index = at * size; index < (at + 1) * size; index++)
        data[index] = lows[at] + data[index] * (highs[at] - lows[at]);
    return { shape, data };
  };

  /* The N rows of d numbers of one part, 0 for queries, 1 for keys, 2 for values. */
  const rowsOf = ({ shape: [, , heads, tokens, width], data }, part) => {
    const start = ((chosen().layer * 3 + part) * heads + head()) * tokens * width;
    return Array.from({ length: tokens }, (_, token) =>
      data.subarray(start + token * width, start + (token + 1) * width),
    );
  };

  const dot = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0);

  const softmax = (scores) => {
    const most = Math.max(...scores),
      powers = scores.map((score) => Math.exp(score - most)),
      total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  };

  const calculated = () => {
    const [queries, keys, values] = [0, 1, 2].map((part) => rowsOf(numbers, part)),
      q = queries[query()],
      root = Math.sqrt(q.length);
    const dots = keys.map((key) => dot(q, key)),
      shares = softmax(dots.map((score) => score / root));
    const order = [...shares.keys()].sort((one, other) => shares[other] - shares[one]),
      rest = order.slice(ROWS);
    return {
      q,
      keys,
      values,
      root,
      dots,
      shares,
      order: order.slice(0, ROWS),
      rest,
      output: mixed(order, shares, values),
    };
  };

  /* The sum of the tokens' values, each times its share. */
  const mixed = (tokens, shares, values) =>
    Array.from(values[0], (_, at) => tokens.reduce((sum, token) => sum + shares[token] * values[token][at], 0));

  const key = () => pointed ?? pinned ?? now.order[0];

  /* ---- how numbers and tokens are told ---- */
  const minus = (text) => text.replace("-", "−");
  const fixed = (value, digits) => minus(value.toFixed(digits)).replace(/^−(0\.?0*)$/, "$1");
  const coarse = (value) => fixed(value, Math.abs(value) < 9.95 ? 1 : 0);
  const compact = (value) =>
    Math.abs(value) < 0.05 ? "0" : value.toFixed(Math.abs(value) < 9.95 ? 1 : 0).replace("0.", ".");
  const part = (share) => (share < 0.0005 ? "less than 0.1 %" : percent(share));
  const rootOf = (width, digits = 2) => fixed(Math.sqrt(width), Number.isInteger(Math.sqrt(width)) ? 0 : digits);
  const tokenName = (token) => (token ? `patch ${token}` : "cls");
  const whole = (token) => (token ? `patch ${token} (${place(token, seen.model.grid_size)})` : "cls");

  /* More than zero in the part's own colour, less in grey; the number has its sign as well. */
  const INKS = { q: [47, 125, 225], k: [224, 64, 90], v: [30, 158, 90], less: [100, 116, 139] };
  const heat = (part, value, scale) =>
    `rgb(${INKS[value < 0 ? "less" : part].join(" ")} / ${(MOST * Math.min(Math.abs(value) / scale, 1)).toFixed(3)})`;
  const largest = (rows) =>
    rows.reduce((most, row) => row.reduce((found, value) => Math.max(found, Math.abs(value)), most), 1e-9);

  const fill = (cells, part, values, scale, name, text = compact) => {
    for (const [at, cell] of [...cells].entries()) {
      cell.style.background = heat(part, values[at], scale);
      cell.textContent = text(values[at]);
      cell.title = `${part}, number ${at + 1} of ${name}: ${fixed(values[at], 4)}`;
    }
  };

  /* Continues inside.js: builds the view's tables and shows the calculation in them. */

  /* ---- the page's parts: built once for each model ---- */
  const radios = (holder, count, group, title, chooseIt) =>
    holder.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const input = make("input", {
          type: "radio",
          name: `inkling-inside-${group}`,
          value: index,
          "aria-label": `${title} ${index + 1}`,
        });
        input.addEventListener("change", () => choose(chooseIt(index)));
        return make("label", {}, input, make("span", {}, String(index + 1)));
      }),
    );

  const features = (width, tag) => Array.from({ length: width }, (_, at) => make(tag, { "data-feature": at }));
  const titled = (text, title = "", kind = "score") => make("th", { scope: "col", class: kind, title }, text);
  const bodyRow = (index, width, kinds) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", tabindex: index ? -1 : 0 }),
      ...features(width, "td"),
      ...kinds.map((kind) => make("td", { class: `number ${kind}` })),
    );

  const buildTables = (count, width) => {
    const rows = (kinds) =>
      Array.from({ length: Math.min(count, ROWS) + (count > ROWS) }, (_, index) => bodyRow(index, width, kinds));
    find(".keys thead").replaceChildren(
      make(
        "tr",
        {},
        titled("query", "", "name"),
        ...features(width, "td"),
        titled("q·k", "the products added up"),
        titled("÷√d", "divided by the root of how many there are"),
        titled("share", "softmax: all shares add up to 100 %", "weight"),
      ),
    );
    find(".values thead").replaceChildren(
      make(
        "tr",
        {},
        titled("token", "", "name"),
        make("td", { colspan: width }, "v, what each token passes on"),
        make("td", { class: "score" }),
        make("td", { class: "score" }),
        titled("share", "", "weight"),
      ),
    );
    find(".keys tbody").replaceChildren(...rows(["", "", "share"]));
    find(".values tbody").replaceChildren(...rows(["blank", "blank", "share"]));
    find(".values tfoot").replaceChildren(
      make(
        "tr",
        {},
        make("th", { scope: "row" }, "out", make("span", { class: "word" }, "put")),
        ...features(width, "td"),
        make("td", { class: "number", colspan: 3 }, "share × v, added"),
      ),
    );
  };

  const buildStrips = (width) =>
    find(".strips").replaceChildren(
      ...Array.from({ length: Math.ceil(width / BLOCK) }, (_, block) => {
        const columns = Array.from({ length: Math.min(BLOCK, width - block * BLOCK) }, (_, at) =>
          ["query", "key", "product"].map((kind) => make("span", { class: kind, "data-feature": block * BLOCK + at })),
        );
        return make(
          "div",
          { class: "strip" },
          ...["q", "k", "×"].map((text) => make("span", { class: "names" }, text)),
          ...columns.flat(),
        );
      }),
    );

  const layOut = (model) => {
    drawn = JSON.stringify(model);
    pinned = pointed = feature = null;
    radios(find(".layers"), model.depth, "layer", "Layer", (layer) => ({ layer }));
    radios(find(".heads"), model.num_heads, "head", "Head", (index) => ({ head: index }));
    buildTables(model.num_tokens, model.embed_dim / model.num_heads);
    buildStrips(model.embed_dim / model.num_heads);
  };

  /* ---- what is shown ---- */
  const showTables = () => {
    const { q, keys, values, root, dots, shares, order, rest, output } = now;
    const scales = { q: largest([q]), k: largest(keys), v: largest(values), out: largest([output]) };
    fill(find(".keys thead").querySelectorAll("[data-feature]"), "q", q, scales.q, whole(query()));
    find(".keys thead th").replaceChildren("q", make("span", { class: "word" }, `: ${tokenName(query())}`));
    find(".keys thead").querySelectorAll("th")[2].textContent = `÷ ${rootOf(q.length, 1)}`;
    for (const [index, token] of order.entries()) {
      const offered = find(".keys tbody").children[index],
        passed = find(".values tbody").children[index];
      for (const [row, part, vectors] of [
        [offered, "k", keys],
        [passed, "v", values],
      ]) {
        row.dataset.key = token;
        row.firstChild.replaceChildren(
          make("span", { class: "word" }, token ? "patch " : "cls"),
          token ? String(token) : "",
        );
        row.firstChild.title = whole(token);
        fill(row.querySelectorAll("[data-feature]"), part, vectors[token], scales[part], tokenName(token));
        showShare(row.lastChild, shares[token], shares[order[0]]);
      }
      const [total, scaled] = offered.querySelectorAll(".number");
      total.textContent = coarse(dots[token]);
      scaled.textContent = fixed(dots[token] / root, 2);
    }
    if (rest.length) showRest(rest, shares, values, scales.v);
    fill(find(".values tfoot").querySelectorAll("[data-feature]"), "v", output, scales.out, "the output");
  };

  const showShare = (cell, share, most) => {
    cell.textContent = percent(share);
    cell.title = `${(100 * share).toFixed(3)} %`;
    cell.style.setProperty("--part", `${(100 * share) / most}%`);
  };

  /* Many tokens: those with the least weight are one row, their values weighted by their shares. */
  const showRest = (rest, shares, values, scale) => {
    const together = rest.reduce((sum, token) => sum + shares[token], 0),
      name = `${rest.length} more`;
    for (const table of ["keys", "values"]) {
      const row = find(`.${table} tbody`).lastChild;
      row.firstChild.textContent = name;
      if (table === "values")
        fill(
          row.querySelectorAll("[data-feature]"),
          "v",
          mixed(rest, shares, values).map((sum) => sum / together),
          scale,
          `${name}, their mean`,
        );
      showShare(row.lastChild, together, Math.max(together, shares[now.order[0]]));
    }
  };

  const showWords = () => {
    const { layer } = chosen(),
      asks = tokenName(query()),
      width = now.q.length,
      { num_heads: heads, embed_dim: wide } = seen.model;
    find(".asks").textContent = `The query of ${asks}`;
    find(".mean").textContent =
      chosen().head === MEAN ? "No single head is chosen in the other tabs, so this is head 1." : "";
    find(".scores").textContent =
      `Each row is a token's key; above them, the query. q·k is large where both point the same way. It is divided by √${width} = ${rootOf(width)}, ` +
      "and softmax turns the results into shares that add up to 100 %. Largest share first; grey is below zero.";
    find(".taken").textContent = `The output for ${asks}: the values of all tokens, weighted by their shares`;
    find(".after").textContent =
      (heads > 1 ? `The outputs of all ${heads} heads, side by side ${wide} numbers, ` : "The output ") +
      `then go through one linear projection (proj) and are added to ${asks}: the attention of layer ${layer + 1} is complete.`;
    for (const [group, value] of [
      ["layer", layer],
      ["head", head()],
    ])
      for (const input of all(`.${group}s input`)) input.checked = Number(input.value) === value;
  };

  /* What belongs to the key and the feature under the pointer lights up, in the digit, the tables and the strips. */
  const mark = () => {
    if (!now) return;
    const token = key();
    for (const row of all("tbody tr")) {
      row.classList.toggle("lit", Number(row.dataset.key) === token && "key" in row.dataset);
      row.firstChild.tabIndex =
        row.classList.contains("lit") || (row === row.parentNode.firstChild && !now.order.includes(token)) ? 0 : -1;
    }
    for (const cell of all(".lit[data-feature]")) cell.classList.remove("lit");
    if (feature !== null) for (const cell of all(`[data-feature="${feature}"]`)) cell.classList.add("lit");
    find(".cls").classList.toggle("lit", !token);
    find(".cls").classList.toggle("asking", !query());
    showMarks(token);
    showMatch(token);
    showMixture();
  };

  const showMarks = (token) => {
    const { grid_size: side, patch_size: size } = seen.model,
      thick = size / 12;
    const frame = (at, colour, inset) =>
      svg("rect", {
        x: ((at - 1) % side) * size + inset,
        y: Math.floor((at - 1) / side) * size + inset,
        width: size - 2 * inset,
        height: size - 2 * inset,
        fill: "none",
        stroke: colour,
        "stroke-width": thick,
        "pointer-events": "none",
        class: "mark",
      });
    for (const old of find(".map").querySelectorAll(".mark")) old.remove();
    find(".map svg").append(
      ...(query() ? [frame(query(), "#5aa5ff", thick / 2)] : []),
      ...(token ? [frame(token, "#ff5d75", token === query() ? 1.7 * thick : thick / 2)] : []),
    );
  };

  const showMatch = (token) => {
    const { q, keys, root, dots, shares } = now,
      products = q.map((value, at) => value * keys[token][at]),
      scale = largest([products]);
    find(".question").textContent =
      `How well does the query of ${tokenName(query())} match ${token === query() ? "its own key" : `the key of ${tokenName(token)}`}?`;
    fill(all(".strip .query"), "q", q, largest([q]), tokenName(query()), coarse);
    fill(all(".strip .key"), "k", keys[token], largest(keys), tokenName(token), coarse);
    for (const [at, cell] of [...all(".strip .product")].entries()) {
      cell.style.background = diverging(MOST * (products[at] / scale));
      cell.textContent = coarse(products[at]);
      cell.title = `${fixed(q[at], 4)} × ${fixed(keys[token][at], 4)} = ${fixed(products[at], 4)}`;
    }
    const one =
      feature === null
        ? ""
        : ` Number ${feature + 1}: ${fixed(q[feature], 2)} × ${fixed(keys[token][feature], 2)} = ${fixed(products[feature], 2)}.`;
    find(".sum").textContent =
      `The products add up to q·k = ${fixed(dots[token], 2)}. Divided by √${q.length} = ${rootOf(q.length)}: ${fixed(dots[token] / root, 2)}. ` +
      `After softmax over all tokens, ${tokenName(token)} gets ${part(shares[token])} of ${tokenName(query())}'s attention, rank ${1 + shares.filter((share) => share > shares[token]).length} of ${shares.length}.${one}`;
  };

  const showMixture = () => {
    const at = feature;
    if (at === null) {
      find(".mixture").textContent = "Point at a column to see one of these numbers add up.";
      return;
    }
    const terms = now.order
      .slice(0, 3)
      .map((token) => `${percent(now.shares[token])} × ${fixed(now.values[token][at], 2)}`);
    find(".mixture").textContent =
      `Number ${at + 1} of the output: ${terms.join(" + ")}${now.shares.length > 3 ? " + …" : ""} = ${fixed(now.output[at], 2)}.`;
  };

  /* The tables are refilled at most once a frame. */
  const refresh = onceAFrame(() => {
    if (!seen || !numbers) return;
    now = calculated();
    if (pinned !== null && pinned >= now.shares.length) pinned = null;
    colourCells([...all(".map [data-patch]")], now.shares.slice(1));
    for (const [patch, cell] of [...all(".map [data-patch]")].entries())
      cell.setAttribute(
        "aria-label",
        `${whole(patch + 1)}: ${percent(now.shares[patch + 1])} of ${tokenName(query())}'s attention`,
      );
    find(".cls .share").textContent = `${percent(now.shares[0])}`;
    showTables();
    showWords();
    mark();
  });

  /* Continues inside.js: pointing, keys, questions to the server, files, and following the page. */

  /* ---- pointing, clicking, keys ---- */
  const keyOf = (target) => {
    const cell = target.closest?.("[data-patch], [data-key]");
    return cell && Number(cell.dataset.key ?? Number(cell.dataset.patch) + 1);
  };
  const featureOf = (target) => {
    const cell = target.closest?.("[data-feature]");
    return cell ? Number(cell.dataset.feature) : null;
  };

  const point = (target) => {
    const token = keyOf(target) ?? null,
      column = featureOf(target);
    if (!now || (token === pointed && column === feature)) return;
    [pointed, feature] = [token, column];
    mark();
    if (target.closest?.("[data-patch], .cls")) for (const row of all("tbody tr.lit")) reveal(row);
  };

  /* Scrolls the table, and not the page. */
  const reveal = (row) => {
    const box = row.closest(".scroll"),
      above = row.offsetTop - box.querySelector("thead").offsetHeight,
      below = row.offsetTop + 2 * row.offsetHeight - box.clientHeight;
    if (box.scrollTop > above) box.scrollTop = above;
    else if (box.scrollTop < below) box.scrollTop = below;
  };

  element.addEventListener("pointerover", (event) => point(event.target));
  element.addEventListener("pointerleave", () => point(element));
  element.addEventListener("focusin", (event) => point(event.target));
  element.addEventListener("focusout", () => point(element));
  element.addEventListener("click", (event) => {
    const token = keyOf(event.target) ?? null;
    if (now && token === null && featureOf(event.target) !== null) {
      feature = featureOf(event.target);
      return mark();
    }
    if (!now || token === null) return;
    if (!event.target.closest("tbody")) return choose({ token });
    pinned = pinned === token ? null : token;
    feature = featureOf(event.target);
    mark();
  });
  rove(find(".map"), "[data-patch]", () => seen?.model.grid_size);
  element.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("tbody tr");
    if (!now || !row) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return event.target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    }
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      return step(event.key === "ArrowLeft" ? -1 : 1);
    }
    const next = { ArrowUp: row.previousSibling, ArrowDown: row.nextSibling }[event.key]?.firstChild;
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    reveal(next.parentNode);
  });
  const step = (by) => {
    feature = ((feature ?? (by > 0 ? -1 : 0)) + by + now.q.length) % now.q.length;
    mark();
  };

  /* ---- asking: once for each drawing, while the view is in sight ---- */
  const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
  const say = (text) => {
    find(".message").textContent = text;
  };

  const ask = async () => {
    stale = !inSight();
    if (stale || !seen) return;
    const asking = ++version;
    find(".answer").setAttribute("aria-busy", "true");
    try {
      const answer = await call(server.numbers, seen.source);
      if (asking !== version) return;
      if (answer.error) return say(answer.error);
      numbers = restored(answer);
      say("");
      refresh();
      find(".answer").setAttribute("aria-busy", "false");
    } catch {
      if (asking === version) say("The server does not answer. Try again in a moment.");
    }
  };

  /* ---- files: the whole calculation on one sheet ---- */
  const LINE = 16,
    LEFT = 250;

  const sheet = () => {
    const { q, keys, values, dots, root, shares, order, rest, output } = now,
      cell = Math.max(4, Math.min(20, 640 / q.length)),
      wide = cell * q.length,
      right = LEFT + 60 + wide,
      far = right + 150;
    const top = (index) => 56 + index * LINE,
      scales = { q: largest([q]), k: largest(keys), v: largest(values) };
    const write = (x, y, text, anchor = "start") => svg("text", { x, y: y + 11, "text-anchor": anchor }, text);
    const band = (x, y, part, row, scale) =>
      [...row].flatMap((value, at) => [
        svg("rect", { x: x + at * cell, y, width: cell, height: LINE - 1, fill: heat(part, value, scale) }),
        ...(cell < LEGIBLE
          ? []
          : [
              svg(
                "text",
                { x: x + (at + 0.5) * cell, y: y + 11, "text-anchor": "middle", "font-size": 8 },
                compact(value),
              ),
            ]),
      ]);
    const map = find(".map svg").cloneNode(true),
      lines = order.flatMap((token, index) => [
        write(LEFT, top(index), tokenName(token)),
        ...band(LEFT + 60, top(index), "k", keys[token], scales.k),
        write(right + 38, top(index), coarse(dots[token]), "end"),
        write(right + 84, top(index), fixed(dots[token] / root, 2), "end"),
        svg("rect", {
          x: right + 92,
          y: top(index),
          width: (52 * shares[token]) / shares[order[0]],
          height: LINE - 1,
          fill: "#f6b98a",
        }),
        write(right + 144, top(index), percent(shares[token]), "end"),
        ...band(far, top(index), "v", values[token], scales.v),
      ]);
    for (const [name, value] of Object.entries({ x: 10, y: 36, width: 220, height: 220 }))
      map.setAttribute(name, value);
    const end = top(order.length) + 6,
      width = far + wide + 10,
      height = Math.max(end + LINE + 10, 270);
    return paper(
      width,
      height,
      10.5,
      svg(
        "text",
        { x: 10, y: 20, "font-size": 14, "font-weight": 600 },
        `Layer ${chosen().layer + 1}, head ${head() + 1}: the query of ${whole(query())}`,
      ),
      map,
      write(LEFT, 34, "q"),
      ...band(LEFT + 60, 34, "q", q, scales.q),
      write(right + 38, 34, "q·k", "end"),
      write(right + 84, 34, "÷√d", "end"),
      write(right + 144, 34, "share", "end"),
      write(far, 34, "v"),
      ...lines,
      write(LEFT, end, rest.length ? `and ${rest.length} more tokens` : ""),
      write(far - 8, end, "output", "end"),
      ...band(far, end, "v", output, largest([output])),
    );
  };
  saves(element, {
    ready: () => now,
    name: () => `inside-layer${chosen().layer + 1}-head${head() + 1}`,
    picture: sheet,
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    version++;
    seen = numbers = now = null;
    find(".answer").setAttribute("aria-busy", "true");
    find(".asks").textContent = "Draw a digit first";
    find(".map").replaceChildren();
    find(".mean").textContent = find(".message").textContent = "";
    element.classList.add("empty");
  });

  on("reading", ({ whole: complete, model, image, source }) => {
    if (!complete) return;
    seen = { model, image, source };
    if (drawn !== JSON.stringify(model)) layOut(model);
    element.classList.remove("empty");
    find(".asks").textContent = "";
    pointed = now = numbers = null;
    const cells = buildMap(find(".map"), model, image, {
      role: "group",
      "aria-label": "Patches: choose whose query is shown",
    });
    for (const [patch, cell] of cells.entries()) {
      cell.setAttribute("tabindex", patch ? -1 : 0);
      cell.setAttribute("role", "button");
    }
    ask();
  });

  on("chosen", () => {
    if (numbers) refresh();
  });

  new IntersectionObserver(() => {
    if (stale) ask();
  }).observe(element);
  new ResizeObserver(() => {
    const cell = find(".keys td[data-feature]");
    if (!cell?.clientWidth) return;
    element.classList.toggle("bare", cell.clientWidth < LEGIBLE);
    element.classList.toggle("tight", cell.clientWidth < ROOMY);
  }).observe(find(".scroll"));
};
