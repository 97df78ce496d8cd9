/* Continues evaluation.js: the drawing, moved, turned and rewritten. */

let map = null, turned = null; // the server's answer; paints the turned and the rewritten drawings

const degrees = (angle) => `${Math.abs(angle)}° ${angle < 0 ? "to the left" : "to the right"}`;
const pixels = (count, one, other) => (count ? `${Math.abs(count)} ${count < 0 ? one : other}` : "");

/* What change `at` of the answer is, in words. */
const change = (at) => {
  const { shifts, angles, pens } = map, count = shifts.length;
  if (at < count * count) {
    const moves = [pixels(shifts[at % count], "left", "right"), pixels(shifts[Math.floor(at / count)], "up", "down")].filter(Boolean);
    return moves.length ? `Moved ${moves.join(" and ")} (pixels)` : "Where it is";
  }
  const rest = at - count * count;
  if (rest < angles.length) return angles[rest] ? `Turned ${degrees(angles[rest])}` : "Not turned";
  const pen = pens[rest - angles.length];
  return pen ? `Strokes ${2 * Math.abs(pen)} pixels ${pen < 0 ? "thinner" : "thicker"}` : "With its own pen";
};

const answer = () => map.digits[map.shifts.indexOf(0) * (map.shifts.length + 1)];
const words = (at) => `${change(at)}: read as ${map.digits[at]}, ${percent(map.sure[at])} sure`;
const colours = (at) => ({ fill: map.digits[at] === answer() ? GOOD : BAD, "fill-opacity": 0.12 + 0.55 * map.sure[at] ** 2 });
const part = (at, first, ...children) => svg("g", { "data-at": at, tabindex: first ? 0 : -1, role: "img", "aria-label": words(at) }, ...children);
const figure = (at, x, y, size) => text(x, y, map.digits[at], { "font-size": size, "font-weight": map.digits[at] === answer() ? 400 : 800, "pointer-events": "none" });

const drawShifts = () => {
  const count = map.shifts.length, size = 180 / count;
  return drawn(180, 180, "The drawing moved", ...map.digits.slice(0, count * count).map((_, at) => {
    const x = (at % count) * size, y = Math.floor(at / count) * size, home = at === map.shifts.indexOf(0) * (count + 1);
    return part(at, home, svg("rect", { x: x + 0.4, y: y + 0.4, width: size - 0.8, height: size - 0.8, rx: 1.5, ...colours(at), ...(home ? { stroke: "currentColor", "stroke-width": 1.4 } : {}) }), figure(at, x + size / 2, y + size / 2, size * 0.6));
  }));
};

const drawRing = () => {
  const first = map.shifts.length ** 2, count = map.angles.length, half = Math.PI / count;
  const spot = (angle, radius) => [90 + radius * Math.sin(angle), 90 - radius * Math.cos(angle)].map((value) => value.toFixed(2)).join(" ");
  const sectors = map.angles.map((angle, index) => {
    const at = first + index, way = (angle * Math.PI) / 180, [x, y] = spot(way, 74).split(" ").map(Number);
    const path = `M${spot(way - half, 60)}A60 60 0 0 1 ${spot(way + half, 60)}L${spot(way + half, 88)}A88 88 0 0 0 ${spot(way - half, 88)}Z`;
    return part(at, !angle, svg("path", { d: path, ...colours(at), stroke: "currentColor", "stroke-opacity": angle ? 0.25 : 1, "stroke-width": angle ? 0.5 : 1.4 }), figure(at, x, y, 8));
  });
  return drawn(180, 180, "The drawing turned", ...sectors, svg("rect", { x: 49, y: 49, width: 82, height: 82, rx: 8, fill: "#000" }), picture(turned, map.angles.indexOf(0), { x: 50, y: 50, width: 80, height: 80, "data-turned": "" }));
};

const drawPens = () => {
  const first = map.shifts.length ** 2 + map.angles.length, columns = 5, rows = Math.ceil(map.pens.length / columns);
  return drawn(150, rows * 43 - 2, "The drawing with other pens", ...map.pens.map((pen, index) => {
    const at = first + index, x = (index % columns) * 30, y = Math.floor(index / columns) * 43;
    return part(at, !pen, svg("rect", { x: x + 1, y, width: 28, height: 41, rx: 3, ...colours(at), ...(pen ? {} : { stroke: "currentColor", "stroke-width": 1.4 }) }), picture(turned, map.angles.length + index, { x: x + 2, y: y + 1, width: 26, height: 26 }), figure(at, x + 15, y + 34, 9));
  }));
};

/* The change under the pointer, as the model gets it. */
const showChange = (at) => {
  const { shifts } = map, count = shifts.length, moved = count * count, canvas = find(".look canvas");
  find(".seen").textContent = `${words(at)}.`;
  if (at >= moved) {
    turned(canvas, at - moved);
    if (at < moved + map.angles.length) find("[data-turned]").setAttribute("href", canvas.toDataURL());
    return;
  }
  const side = seen.model.image_size, right = shifts[at % count], down = shifts[Math.floor(at / count)], values = new Float32Array(side * side);
  for (let y = Math.max(0, down); y < Math.min(side, side + down); y++) for (let x = Math.max(0, right); x < Math.min(side, side + right); x++) values[y * side + x] = seen.image.data[(y - down) * side + x - right];
  paint(canvas, values, side);
};

const kept = (from, to) => map.digits.slice(from, to).filter((digit) => digit === answer()).length;

const showDrawing = async (found) => {
  turned = await opened(found);
  map = found;
  const places = map.shifts.length ** 2, turns = map.angles.length;
  find(".shifts").replaceChildren(drawShifts());
  find(".ring").replaceChildren(drawRing());
  find(".pens").replaceChildren(drawPens());
  find(".breaks").textContent = `Read as ${answer()}. It is still ${answer()} in ${kept(0, places)} of ${places} places, at ${kept(places, places + turns)} of ${turns} angles, and with ${kept(places + turns)} of ${map.pens.length} pens.`;
  find(".drawing").hidden = false;
  showChange(map.shifts.indexOf(0) * (map.shifts.length + 1));
};

for (const event of ["pointerover", "focusin"]) find(".around").addEventListener(event, ({ target }) => {
  const at = target.closest?.("[data-at]")?.dataset.at;
  if (at !== undefined && map) showChange(Number(at));
});
rove(find(".shifts"), "[data-at]", () => map.shifts.length);
rove(find(".ring"), "[data-at]");
rove(find(".pens"), "[data-at]");
