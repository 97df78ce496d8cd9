/* Continues layers.js: the map of the test digits. */

/* ---- the map of the test digits: ten paths of dots, one a digit, that part block by block ---- */
const sky = { dots: [], flags: [], trail: null, marks: [], me: null, line: null, picture: null, frame: null };

/* Where dot `index`, or the drawing (index null), lies at the slider's place, between two blocks in proportion. */
const spot = (index) => {
  const from = Math.floor(at), to = Math.min(from + 1, depth()), part = at - from, count = index === null ? 1 : atlas.labels.length;
  const data = index === null ? path.data : atlas.points.data, one = 2 * (from * count + (index ?? 0)), two = 2 * (to * count + (index ?? 0));
  return [data[one] * (1 - part) + data[two] * part, data[one + 1] * (1 - part) + data[two + 1] * part].map((value) => value * SKY);
};

const middle = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];

const layOutSky = () => {
  const last = 2 * depth() * atlas.labels.length, all = [...atlas.labels.keys()];
  sky.dots = Array.from({ length: 10 }, (_, digit) => svg("path", { fill: "none", stroke: digitColour(digit), "stroke-width": 3.4, "stroke-linecap": "round", "stroke-opacity": 0.8, "data-digit": digit }));
  const flags = Array.from({ length: 10 }, (_, digit) => {
    const ours = all.filter((index) => atlas.labels[index] === digit), [x, y] = [0, 1].map((axis) => middle(ours.map((index) => atlas.points.data[last + 2 * index + axis])) * SKY);
    return ours.length ? svg("text", { x, y, "text-anchor": "middle", "dominant-baseline": "central", "font-family": "system-ui, sans-serif", "font-size": 24, "font-weight": 800,
      fill: digitColour(digit), stroke: "#0b1120", "stroke-width": 5, "stroke-linejoin": "round", "paint-order": "stroke", "data-flag": digit }, String(digit)) : "";
  });
  sky.trail = svg("polyline", { fill: "none", stroke: "#fff", "stroke-width": 2.2, "stroke-linejoin": "round", "stroke-linecap": "round" });
  sky.marks = Array.from({ length: depth() + 1 }, () => svg("circle", { r: 3.2, fill: "#0b1120", stroke: "#fff", "stroke-width": 1.6 }));
  sky.line = svg("line", { stroke: "#fff", "stroke-width": 1 });
  sky.me = svg("circle", { r: 6, fill: "#fff", stroke: "#0b1120", "stroke-width": 2 });
  sky.picture = svg("image", { width: 40, height: 40, style: "image-rendering: pixelated" });
  sky.frame = svg("rect", { width: 42, height: 42, rx: 4, fill: "#000", stroke: "#fff", "stroke-width": 2 });
  find(".sky").replaceChildren(svg("svg", { viewBox: `0 0 ${SKY} ${SKY}`, xmlns: "http://www.w3.org/2000/svg", role: "img", "aria-label": "Map of test digits and the way of the drawing's cls token" },
    svg("rect", { width: SKY, height: SKY, fill: "#0b1120" }), ...sky.dots, ...flags, sky.trail, ...sky.marks, sky.line, sky.frame, sky.picture, sky.me));
};

const showSky = () => {
  const dots = Array.from({ length: 10 }, () => []);
  atlas.labels.forEach((digit, index) => { const [x, y] = spot(index); dots[digit].push(`M${x.toFixed(1)} ${y.toFixed(1)}h0`); });
  sky.dots.forEach((dot, digit) => dot.setAttribute("d", dots[digit].join("")));
  const [x, y] = spot(null), passed = sky.marks.map((_, block) => [path.data[2 * block] * SKY, path.data[2 * block + 1] * SKY]);
  sky.marks.forEach((mark, block) => {
    mark.setAttribute("cx", passed[block][0]);
    mark.setAttribute("cy", passed[block][1]);
    mark.setAttribute("visibility", block <= at ? "visible" : "hidden");
  });
  sky.trail.setAttribute("points", [...passed.filter((_, block) => block <= at), [x, y]].join(" "));
  sky.me.setAttribute("cx", x);
  sky.me.setAttribute("cy", y);
  const [left, top] = [x > SKY - 70 ? x - 62 : x + 20, y < 70 ? y + 20 : y - 62];
  for (const [part, inset] of [[sky.frame, 0], [sky.picture, 1]]) { part.setAttribute("x", left + inset); part.setAttribute("y", top + inset); }
  for (const [attribute, value] of Object.entries({ x1: x, y1: y, x2: left + 21, y2: top + 21 })) sky.line.setAttribute(attribute, value);
};

/* How the dots nearest to the drawing are called, and how far the map can be trusted at this step. */
const showTrust = () => {
  const { figures, stored } = atlas, near = figures.neighbours, [x, y] = spot(null), D = seen.model.embed_dim;
  const nearest = atlas.labels.map((digit, index) => [Math.hypot(spot(index)[0] - x, spot(index)[1] - y), digit]).sort(([one], [other]) => one - other).slice(0, near);
  const counts = Array.from({ length: 10 }, (_, digit) => nearest.filter(([, found]) => found === digit).length);
  const listed = [...counts.entries()].filter(([, count]) => count).sort(([, one], [, other]) => other - one).map(([digit, count]) => (count === near ? `all ${digit}s` : `${digit} (${count} of them)`));
  find(".here").textContent = step() ? `${when()}, the ${near} dots nearest to the drawing are ${listed.join(", ")}.`
    : "Before the first layer there is one single dot: cls begins the same for every drawing. Play, and see the digits part.";
  const [flat, full] = [figures.flat, figures.full].map((shares) => percent(shares[step() - 1] ?? 0));
  find(".trust").textContent = step() ? `How far to trust this: ${flat} of ${figures.images.toLocaleString("en")} test digits lie among their own kind on the map after this layer, and ${full} in all ${D} dimensions. What looks mixed here may be apart there.` : "";
  find(".about").textContent = stored ? `Every dot is one of ${atlas.labels.length.toLocaleString("en")} test digits. A small network, fitted to other digits, keeps neighbours after the last layer together (t-SNE); nobody told it which digit is which. It puts the drawing on the map as well.`
    : `This model brings no map of its own, so the dots are the ${atlas.labels.length} test digits that ship, seen along the two directions in which they differ most after the last layer (principal components).`;
};

/* ---- a dot under the pointer is shown ---- */
const showDot = (index) => {
  const canvas = find(".dot canvas"), picture = index === null ? -1 : atlas.pictures[index];
  canvas.getContext("2d").clearRect(0, 0, 28, 28);
  if (picture >= 0 && pictures) canvas.getContext("2d").drawImage(pictures.image, (picture % pictures.columns) * 28, Math.floor(picture / pictures.columns) * 28, 28, 28, 0, 0, 28, 28);
  find(".dot span").textContent = index === null ? "Point at a dot to see the test digit that it stands for."
    : `A test digit; its writer meant a ${atlas.labels[index]}.${picture < 0 ? " Its picture does not ship with this page." : ""}`;
};

/* The dot within reach of a place of the map; one with a picture rather than one without. */
const dotAt = (x, y) => {
  let found = null, least = REACH;
  atlas.labels.forEach((_, index) => {
    const [left, top] = spot(index), apart = Math.hypot(left - x, top - y) + (atlas.pictures[index] < 0 ? 3 : 0);
    if (apart < least) { least = apart; found = index; }
  });
  return found;
};

find(".sky").addEventListener("pointermove", (event) => {
  if (!atlas || !path) return;
  const box = find(".sky").getBoundingClientRect();
  showDot(dotAt(((event.clientX - box.left) / box.width) * SKY, ((event.clientY - box.top) / box.height) * SKY));
});
find(".sky").addEventListener("pointerleave", () => { if (atlas) showDot(null); });
