/* Continues inside.js: builds the view's tables and shows the calculation in them. */

/* ---- the page's parts: built once for each model ---- */
const radios = (holder, count, group, title, chooseIt) => holder.replaceChildren(...Array.from({ length: count }, (_, index) => {
  const input = make("input", { type: "radio", name: `inkling-inside-${group}`, value: index, "aria-label": `${title} ${index + 1}` });
  input.addEventListener("change", () => choose(chooseIt(index)));
  return make("label", {}, input, make("span", {}, String(index + 1)));
}));

const features = (width, tag) => Array.from({ length: width }, (_, at) => make(tag, { "data-feature": at }));
const titled = (text, title = "", kind = "score") => make("th", { scope: "col", class: kind, title }, text);
const bodyRow = (index, width, kinds) => make("tr", {}, make("th", { scope: "row", tabindex: index ? -1 : 0 }), ...features(width, "td"), ...kinds.map((kind) => make("td", { class: `number ${kind}` })));

const buildTables = (count, width) => {
  const rows = (kinds) => Array.from({ length: Math.min(count, ROWS) + (count > ROWS) }, (_, index) => bodyRow(index, width, kinds));
  find(".keys thead").replaceChildren(make("tr", {}, titled("query", "", "name"), ...features(width, "td"),
    titled("q·k", "the products added up"), titled("÷√d", "divided by the root of how many there are"), titled("share", "softmax: all shares add up to 100 %", "weight")));
  find(".values thead").replaceChildren(make("tr", {}, titled("token", "", "name"), make("td", { colspan: width }, "v, what each token passes on"), make("td", { class: "score" }), make("td", { class: "score" }), titled("share", "", "weight")));
  find(".keys tbody").replaceChildren(...rows(["", "", "share"]));
  find(".values tbody").replaceChildren(...rows(["blank", "blank", "share"]));
  find(".values tfoot").replaceChildren(make("tr", {}, make("th", { scope: "row" }, "out", make("span", { class: "word" }, "put")), ...features(width, "td"), make("td", { class: "number", colspan: 3 }, "share × v, added")));
};

const buildStrips = (width) => find(".strips").replaceChildren(...Array.from({ length: Math.ceil(width / BLOCK) }, (_, block) => {
  const columns = Array.from({ length: Math.min(BLOCK, width - block * BLOCK) }, (_, at) => ["query", "key", "product"].map((kind) => make("span", { class: kind, "data-feature": block * BLOCK + at })));
  return make("div", { class: "strip" }, ...["q", "k", "×"].map((text) => make("span", { class: "names" }, text)), ...columns.flat());
}));

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
    const offered = find(".keys tbody").children[index], passed = find(".values tbody").children[index];
    for (const [row, part, vectors] of [[offered, "k", keys], [passed, "v", values]]) {
      row.dataset.key = token;
      row.firstChild.replaceChildren(make("span", { class: "word" }, token ? "patch " : "cls"), token ? String(token) : "");
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
  const together = rest.reduce((sum, token) => sum + shares[token], 0), name = `${rest.length} more`;
  for (const table of ["keys", "values"]) {
    const row = find(`.${table} tbody`).lastChild;
    row.firstChild.textContent = name;
    if (table === "values") fill(row.querySelectorAll("[data-feature]"), "v", mixed(rest, shares, values).map((sum) => sum / together), scale, `${name}, their mean`);
    showShare(row.lastChild, together, Math.max(together, shares[now.order[0]]));
  }
};

const showWords = () => {
  const { layer } = chosen(), asks = tokenName(query()), width = now.q.length, { num_heads: heads, embed_dim: wide } = seen.model;
  find(".asks").textContent = `${asks} asks`;
  find(".mean").textContent = chosen().head === MEAN ? "No single head is chosen in the other tabs, so this is head 1." : "";
  find(".scores").textContent = `Each row is a token's key; above them, the query. q·k is large where both point the same way. It is divided by √${width} = ${rootOf(width)}, `
    + "and softmax turns the results into shares that add up to 100 %. Largest share first; grey is below zero.";
  find(".taken").textContent = `${asks} takes ${width} numbers home: everybody's v, by their share`;
  find(".after").textContent = (heads > 1 ? `The outputs of all ${heads} heads, side by side ${wide} numbers, ` : "The output ") + `then go through one linear layer and are added to ${asks}: layer ${layer + 1}'s attention is done.`;
  for (const [group, value] of [["layer", layer], ["head", head()]]) for (const input of all(`.${group}s input`)) input.checked = Number(input.value) === value;
};

/* What belongs to the key and the feature under the pointer lights up, in the digit, the tables and the strips. */
const mark = () => {
  if (!now) return;
  const token = key();
  for (const row of all("tbody tr")) {
    row.classList.toggle("lit", Number(row.dataset.key) === token && "key" in row.dataset);
    row.firstChild.tabIndex = row.classList.contains("lit") || (row === row.parentNode.firstChild && !now.order.includes(token)) ? 0 : -1;
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
  const { grid_size: side, patch_size: size } = seen.model, thick = size / 12;
  const frame = (at, colour, inset) => svg("rect", { x: ((at - 1) % side) * size + inset, y: Math.floor((at - 1) / side) * size + inset, width: size - 2 * inset, height: size - 2 * inset,
    fill: "none", stroke: colour, "stroke-width": thick, "pointer-events": "none", class: "mark" });
  for (const old of find(".map").querySelectorAll(".mark")) old.remove();
  find(".map svg").append(...(query() ? [frame(query(), "#5aa5ff", thick / 2)] : []), ...(token ? [frame(token, "#ff5d75", token === query() ? 1.7 * thick : thick / 2)] : []));
};

const showMatch = (token) => {
  const { q, keys, root, dots, shares } = now, products = q.map((value, at) => value * keys[token][at]), scale = largest([products]);
  find(".question").textContent = `How well does what ${tokenName(query())} asks for match what ${token === query() ? "it offers itself" : `${tokenName(token)} offers`}?`;
  fill(all(".strip .query"), "q", q, largest([q]), tokenName(query()), coarse);
  fill(all(".strip .key"), "k", keys[token], largest(keys), tokenName(token), coarse);
  for (const [at, cell] of [...all(".strip .product")].entries()) {
    cell.style.background = diverging(MOST * (products[at] / scale));
    cell.textContent = coarse(products[at]);
    cell.title = `${fixed(q[at], 4)} × ${fixed(keys[token][at], 4)} = ${fixed(products[at], 4)}`;
  }
  const one = feature === null ? "" : ` Number ${feature + 1}: ${fixed(q[feature], 2)} × ${fixed(keys[token][feature], 2)} = ${fixed(products[feature], 2)}.`;
  find(".sum").textContent = `The products add up to q·k = ${fixed(dots[token], 2)}. Divided by √${q.length} = ${rootOf(q.length)}: ${fixed(dots[token] / root, 2)}. `
    + `Compared with all the others, that earns ${tokenName(token)} ${part(shares[token])} of ${tokenName(query())}'s attention, place ${1 + shares.filter((share) => share > shares[token]).length} of ${shares.length}.${one}`;
};

const showMixture = () => {
  const at = feature;
  if (at === null) { find(".mixture").textContent = "Point at a column to see one of these numbers add up."; return; }
  const terms = now.order.slice(0, 3).map((token) => `${percent(now.shares[token])} × ${fixed(now.values[token][at], 2)}`);
  find(".mixture").textContent = `Number ${at + 1} of the output: ${terms.join(" + ")}${now.shares.length > 3 ? " + …" : ""} = ${fixed(now.output[at], 2)}.`;
};

/* The tables are refilled at most once a frame. */
const refresh = onceAFrame(() => {
  if (!seen || !numbers) return;
  now = calculated();
  if (pinned !== null && pinned >= now.shares.length) pinned = null;
  colourCells([...all(".map [data-patch]")], now.shares.slice(1));
  for (const [patch, cell] of [...all(".map [data-patch]")].entries()) cell.setAttribute("aria-label", `${whole(patch + 1)}: ${percent(now.shares[patch + 1])} of ${tokenName(query())}'s attention`);
  find(".cls .share").textContent = `gives ${percent(now.shares[0])}`;
  showTables();
  showWords();
  mark();
});
