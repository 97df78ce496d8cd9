/* Continues when.js: the drawing so far, what the model gets of it, and what it reads. */

/* ---- the pen's way on the sheet ---- */
const sheet = { done: null, pen: null };

/* The strokes up to `count` points, the last of them in part, as a path. */
const pathOf = (strokes, count) => {
  const every = 1 + Math.floor(strokes.reduce((sum, points) => sum + points.length, 0) / MANY), found = [];
  let left = count, tip = null;
  for (const points of strokes) {
    const whole = Math.min(points.length, Math.floor(left)), drawn = points.slice(0, whole).filter((_, at) => at % every === 0 || at === whole - 1).map(([across, down]) => [across, down]);
    const portion = left - whole;
    if (whole && whole < points.length && portion > 0) drawn.push([0, 1].map((axis) => points[whole - 1][axis] * (1 - portion) + points[whole][axis] * portion));
    if (drawn.length) { found.push(`M${drawn.map((point) => point.join(" ")).join("L")}h0`); tip = drawn.at(-1); }
    left -= points.length;
    if (left <= 0) break;
  }
  return { d: found.join(""), tip };
};

const buildSheet = () => {
  const line = (attributes) => svg("path", { fill: "none", stroke: "#fff", "stroke-width": 15, "stroke-linecap": "round", "stroke-linejoin": "round", ...attributes });
  sheet.done = line({ class: "done" });
  sheet.pen = svg("circle", { r: 9, fill: "#ff8c1a", stroke: "#000", "stroke-width": 2 });
  find(".sheet").replaceChildren(svg("svg", { viewBox: `0 0 ${SHEET} ${SHEET}`, xmlns: "http://www.w3.org/2000/svg", role: "img", "aria-label": "The drawing, as far as it is drawn" },
    svg("rect", { width: SHEET, height: SHEET, fill: "#000" }), line({ d: pathOf(parts.strokes, Infinity).d, "stroke-opacity": 0.22 }), sheet.done, sheet.pen));
};

/* ---- what the model gets, and what it reads ---- */
let cells = [], pictures = [];

const buildImage = () => {
  const pixels = parts.model.image_size, canvas = document.createElement("canvas");
  pictures = parts.share.map((_, part) => { paint(canvas, parts.images.data.subarray(part * pixels ** 2, (part + 1) * pixels ** 2), pixels); return canvas.toDataURL(); });
  cells = buildMap(find('[data-map="image"]'), parts.model, parts.image, { role: "img", "aria-label": "The image of this part" });
};

const showImage = () => {
  const tokens = parts.attention.shape[1], row = parts.attention.data.subarray(now * tokens + 1, (now + 1) * tokens), most = row.reduce((found, value) => Math.max(found, value), 0) || 1;
  find('[data-map="image"] image').setAttribute("href", pictures[now]);
  for (const [patch, cell] of cells.entries()) {
    cell.setAttribute("fill", `rgb(255 140 26 / ${(0.7 * row[patch]) / most})`);
    cell.setAttribute("stroke", chosen().token === patch + 1 ? "#fff" : "#ffffff40");
    cell.setAttribute("stroke-width", chosen().token === patch + 1 ? 0.5 : 0.08);
  }
};

const bars = eachClass(find(".bars"), (digit, name) => {
  const chip = make("span", { class: "chip", style: `background: ${digitColour(digit)}` }, name), fill = make("div", { class: "fill" }), portion = make("span", { class: "share" });
  const button = make("button", { type: "button", "aria-pressed": "false", title: `Single ${name} out in the chart` }, chip, make("div", { class: "track" }, fill), portion);
  button.addEventListener("click", () => choose({ digit: chosen().digit === digit ? null : digit }));
  return { node: make("li", {}, button), button, fill, portion };
});

const showReading = () => {
  const probs = parts.probs[now], digit = parts.digit[now], sure = parts.sure[now];
  find(".looker").textContent = looker();
  find(".read").textContent = sure ? `Read as ${called(digit)}` : doubtful(digit);
  find(".now").textContent = `${share(now)} of the pen's way${after(now)}: ${sure ? `read as ${called(digit)} (${percent(probs[digit])})` : `${doubtful(digit).replace(/^P/, "p")} (${percent(probs[digit])} ${ifItIs()})`}.`;
  bars.forEach(({ button, fill, portion }, of) => {
    fill.style.transform = `scaleX(${probs[of]})`;
    portion.textContent = percent(probs[of]);
    button.classList.toggle("best", of === digit);
    button.setAttribute("aria-pressed", chosen().digit === of);
  });
};

const show = () => {
  if (!parts) return;
  const { d, tip } = pathOf(parts.strokes, parts.at[now]), { digit } = chosen();
  sheet.done.setAttribute("d", d);
  sheet.pen.setAttribute("cx", tip[0]);
  sheet.pen.setAttribute("cy", tip[1]);
  showImage();
  showReading();
  chart.head.setAttribute("transform", `translate(${x(parts.share[now])} 0)`);
  for (const [of, band] of chart.bands.entries()) band.setAttribute("fill-opacity", digit === null || digit === of ? 1 : 0.25);
  slider.value = 1000 * parts.share[now];
  slider.setAttribute("aria-valuetext", find(".now").textContent);
};
