/* Continues evaluation.js: the confusion matrix, the digits behind its cells, and the calibration diagram. */

const SIDE = 20, LEFT = 30, TOP = 26, FIRST = 24; // the matrix's measures; digits that a gallery shows at first
let shownCell = null, more = null; // [written, read], or null for the worst mistakes; shows the rest of the gallery

const showMatrix = ({ confusion }) => {
  const most = Math.log(1 + confusion.reduce((found, row, at) => Math.max(found, ...row.filter((_, column) => column !== at)), 1));
  const parts = confusion.flatMap((row, written) => row.map((count, read) => {
    const x = LEFT + SIDE * read, y = TOP + SIDE * written, right = written === read;
    const strength = right ? 0.3 : count ? 0.15 + (0.6 * Math.log(1 + count)) / most : 0;
    return svg("g", { role: "button", tabindex: written || read ? -1 : 0, "data-cell": `${written},${read}`, "aria-label": `${written} read as ${read}: ${counted(count, "digit")}` },
      svg("rect", { x: x + 0.5, y: y + 0.5, width: SIDE - 1, height: SIDE - 1, rx: 2.5, fill: right ? GOOD : BAD, "fill-opacity": strength, stroke: "currentColor", "stroke-opacity": 0.9, "stroke-width": 0 }),
      text(x + SIDE / 2, y + SIDE / 2, count || "·", { "font-size": 7.5, "font-weight": count && !right ? 700 : 400, opacity: count ? 1 : 0.45 }));
  }));
  const digits = confusion.flatMap((row, at) => {
    const all = row.reduce((sum, count) => sum + count, 0);
    return [text(LEFT + SIDE * (at + 0.5), TOP - 7, at, { "font-size": 9, "font-weight": 700 }), text(LEFT - 8, TOP + SIDE * (at + 0.5), at, { "font-size": 9, "font-weight": 700 }),
      text(LEFT + 10 * SIDE + 16, TOP + SIDE * (at + 0.5), all ? `${((100 * row[at]) / all).toFixed(1)} %` : "", { "font-size": 7, opacity: 0.85 })];
  });
  find(".matrix").replaceChildren(drawn(LEFT + 10 * SIDE + 32, TOP + 10 * SIDE + 2, "Confusion matrix", text(LEFT + 5 * SIDE, 7, "read as", { "font-size": 8 }),
    text(8, TOP + 5 * SIDE, "written", { "font-size": 8, transform: `rotate(-90 8 ${TOP + 5 * SIDE})` }), text(LEFT + 10 * SIDE + 16, TOP - 7, "right", { "font-size": 7, opacity: 0.85 }), ...digits, ...parts));
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
  const fill = make("div", { class: "fill" }), item = make("li", {}, make("div", { class: "track" }, fill), String(digit));
  find(".bars").append(item);
  return { item, fill };
});

const showOne = (digit) => {
  find(".one").textContent = digit ? `Test digit ${digit.index.toLocaleString("en")}: written as ${digit.written}, read as ${digit.read} (${percent(digit.probs[digit.read])} sure).${digit.written === digit.read ? "" : ` It gave the right answer, ${digit.written}, ${percent(digit.probs[digit.written])}.`}` : "";
  bars.forEach(({ item, fill }, at) => {
    fill.style.transform = `scaleY(${digit ? digit.probs[at] : 0})`;
    item.classList.toggle("written", digit?.written === at);
  });
};

const title = ({ count, digits }) => {
  const part = digits.length < count ? `, ${digits.length} of them` : "";
  if (!shownCell) return count ? `${part ? `Of its ${counted(count, "mistake")} the ${digits.length} worst` : `Its ${counted(count, "mistake")}`}, the surest first` : "It made no mistake";
  const [written, read] = shownCell;
  if (!count) return `No ${written} was read as ${read}`;
  return written === read ? `${counted(count, "digit")} rightly read as ${read}${part}, the least sure first` : `Written as ${written}, read as ${read}: ${counted(count, "digit")}${part}`;
};

const showGallery = async (found, first = FIRST) => {
  const show = await opened(found), wrong = !shownCell, digits = found.digits.slice(0, first);
  find(".which").textContent = title(found);
  find(".back").disabled = wrong;
  find(".gallery").replaceChildren(...digits.map((digit, at) => {
    const caption = wrong ? `${digit.written} → ${digit.read}` : percent(digit.probs[digit.read]);
    const tile = make("button", { type: "button", "aria-label": `${caption}: written as ${digit.written}, read as ${digit.read}, ${percent(digit.probs[digit.read])} sure` },
      show(make("canvas", { width: 28, height: 28 }), at), caption);
    for (const event of ["pointerenter", "focus", "click"]) tile.addEventListener(event, () => showOne(digit));
    return tile;
  }));
  more = () => showGallery(found, Infinity);
  find(".more").hidden = digits.length === found.digits.length;
  find(".more").textContent = `Show ${found.digits.length - digits.length} more`;
  showOne(found.digits[0]);
};

const openCell = async (written, read) => {
  const model = token(), key = `${model} ${written} ${read}`;
  shownCell = [written, read];
  markCell();
  try {
    if (!cells.has(key)) {
      const answer = await call(server.cell, { model, written, read });
      if (answer.error) { tests.delete(model); return say(answer.error); }
      cells.set(key, answer);
    }
    if (String(shownCell) === String([written, read]) && model === token()) await showGallery(cells.get(key));
  } catch { say("The server does not answer. Try again in a moment."); }
};

const worst = () => { shownCell = null; markCell(); showGallery(tests.get(token()).worst); };

const matrix = find(".matrix"), cellAt = (event) => event.target.closest?.("[data-cell]")?.dataset.cell.split(",").map(Number);
matrix.addEventListener("click", (event) => { const cell = cellAt(event); if (cell) openCell(...cell); });
rove(matrix, "[data-cell]", () => 10);
find(".back").addEventListener("click", worst);
find(".more").addEventListener("click", () => more());

/* ---- of the answers that it is 90 % sure of, how many are right? ---- */
const inWords = ([count, sure, right]) => `Of ${counted(count, "digit")} of which it was about ${percent(sure)} sure, ${percent(right)} ${count === 1 ? "was" : "were"} right.`;

const showTrust = ({ calibration: { error, bins }, images }) => {
  const x = (share) => 34 + 250 * share, y = (share) => 214 - 200 * share;
  const axis = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [svg("line", { x1: x(0), x2: x(1), y1: y(share), y2: y(share), stroke: "currentColor", "stroke-opacity": 0.15 }),
    text(22, y(share), `${100 * share}`), text(x(share), 224, `${100 * share}`)]);
  const dots = bins.map((bin, at) => {
    const [count, sure, right, low, high] = bin;
    return svg("g", { tabindex: at ? -1 : 0, role: "img", "data-bin": at, "aria-label": inWords(bin) }, svg("line", { x1: x(sure), x2: x(sure), y1: y(Math.max(low, 0)), y2: y(Math.min(high, 1)), stroke: BAD, "stroke-width": 1.6 }),
      svg("circle", { cx: x(sure), cy: y(right), r: 3 + (5 * Math.log(1 + count)) / Math.log(1 + images), fill: BAD }));
  });
  find(".diagram").replaceChildren(drawn(300, 242, "Calibration diagram", ...axis, svg("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), stroke: "currentColor", "stroke-dasharray": "4 3", "stroke-opacity": 0.6 }),
    text(x(0.2), y(0.31), "as good as its word", { transform: `rotate(-38.7 ${x(0.2)} ${y(0.31)})`, opacity: 0.8 }), text(x(0.5), 236, "how sure it was, in %"),
    text(8, y(0.5), "share that was right, in %", { transform: `rotate(-90 8 ${y(0.5)})` }), ...dots));
  find(".error").textContent = `When a model says 90 %, nine of ten such answers should be right. Here what it says and what is right are ${(100 * error).toFixed(2)} points apart on average (expected calibration error).`;
  find(".bin").textContent = bins.length ? `${inWords(bins[bins.length - 1])} Dots on the dashed line keep their word; the bars are 95 % intervals, and a larger dot stands for more digits. Point at one.` : "";
};
for (const event of ["pointerover", "focusin"]) find(".diagram").addEventListener(event, ({ target }) => {
  const bin = target.closest?.("[data-bin]");
  if (bin) find(".bin").textContent = bin.getAttribute("aria-label");
});
rove(find(".diagram"), "[data-bin]");
