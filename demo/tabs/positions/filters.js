/* Continues positions.js: what the model looks for in a patch. */

/* ---- what it looks for in a patch ---- */
const strengths = () => (kind === "patterns" ? [...known.gains] : known.filters.map((filter) => Math.hypot(...filter)));
const filter = () => previewedFilter ?? pinned;
const nameOf = (index) => (kind === "patterns" ? `Pattern ${index + 1}` : `Filter ${known.features[index] + 1}`);

const ABOUT = {
  patterns: "A patch's pixels pass through one linear layer. These are its principal components (singular vectors, not centred), the strongest first: no other pattern moves the embedding as much as the first. The bar says how strong one is; each has a colour scale of its own.",
  filters: "The linear layer as it is: each filter makes one number of the embedding. The longest come first; all share one colour scale.",
};

const showFilters = () => {
  const rows = known[kind], side = seen.model.patch_size, powers = strengths(), common = kind === "filters" && rows.reduce((most, row) => Math.max(most, largest(row)), 0);
  pinned = Math.min(pinned, rows.length - 1);
  find(".about").textContent = ABOUT[kind];
  find(".filters").replaceChildren(...rows.map((row, index) => {
    const canvas = make("canvas", { "aria-hidden": "true" }), amount = make("div", { class: "amount" });
    tiles(canvas, side, [row], common || largest(row));
    amount.style.transform = `scaleX(${powers[index] / powers[0]})`;
    return make("button", { type: "button", "data-filter": index, "aria-label": `${nameOf(index)}, strength ${fixed(powers[index])}` }, canvas, amount);
  }));
  showFilter();
};

const showFilter = () => {
  if (!known.filters) return;
  const index = filter(), row = known[kind][index], side = seen.model.patch_size, most = largest(row), powers = strengths();
  for (const button of all(".filters button")) {
    button.setAttribute("aria-pressed", Number(button.dataset.filter) === index);
    button.tabIndex = Number(button.dataset.filter) === index ? 0 : -1;
  }
  find(".which").textContent = `${nameOf(index)}, place ${index + 1} of ${known[kind].length}`;
  find(".weights").replaceChildren(svg("svg", { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": `${side} by ${side} parameters`, "font-size": 0.3, "text-anchor": "middle" }, ...[...row].flatMap((value, at) => {
    const x = at % side, y = Math.floor(at / side), cell = svg("rect", { x, y, width: 1, height: 1, fill: colour((0.8 * value) / most) });
    cell.append(svg("title", {}, fixed(value, 4)));
    return [cell, ...(side > NUMBERS_UP_TO ? [] : [svg("text", { x: x + 0.5, y: y + 0.6, "pointer-events": "none" }, fixed(value, 1).replace("0.", "."))])];
  })));
  const share = powers[index] ** 2 / sum(powers.map((power) => power ** 2));
  find(".strength").textContent = kind === "patterns"
    ? `Stretched by ${fixed(powers[index])} on its way into the embedding: ${fixed(100 * share, 1)} % of all the layer's strength (squared). Its negative is the same pattern.`
    : `Number ${known.features[index] + 1} of the embedding. Length ${fixed(powers[index])}; the parameters are per standard deviation of a pixel.`;
  showAnswers(row);
};

/* How much more the filter gives on each patch than on empty paper. */
const showAnswers = (row) => {
  if (!seen.image) return find(".map").replaceChildren();
  const { model, image } = seen, cells = buildMap(find(".map"), model, image, { role: "img", "aria-label": "Where it answers" });
  const values = cells.map((_, at) => sum(patch(image.data, model.image_size, model.patch_size, at).map((ink, pixel) => (ink * row[pixel]) / known.std)));
  colourCells(cells, values);
  for (const [at, cell] of cells.entries()) cell.append(svg("title", {}, `patch ${at + 1}: ${fixed(values[at])}`));
};
