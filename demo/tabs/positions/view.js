const { MEAN, on, chosen, choose, make, svg, unpack, patch, place, buildMap, colourCells, call, rove, saves } = window.inkling;
const find = (selector) => element.querySelector(selector);
const all = (selector) => [...element.querySelectorAll(selector)];
const NUMBERS_UP_TO = 7;    // pixels a side of a filter, beyond which its numbers would not fit
const HIGH = 240, LEFT = 34, LOW = 34; // of the plot: its height, and room for what is written beside it and below

let seen = null;            // the last reading: model, image, source and what hangs on this drawing
let alike = null;           // cosines of the positions, and what they come from
let known = {};             // what the server knows of the model, as it comes
let kind = "patterns", pinned = 0, previewed = null, previewedFilter = null;
let version = 0, asked = null, drawn = "";

const fixed = (value, digits = 2) => value.toFixed(digits).replace("-", "−").replace(/^−(0\.?0*)$/, "$1");
const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;
const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
const rowsOf = ({ shape, data }) => Array.from({ length: shape[0] }, (_, index) => data.subarray(index * shape[1], (index + 1) * shape[1]));

/* ---- small pictures: orange above zero, blue below, clear at zero, so that the page's own ground shows ---- */
const colour = (share) => `rgb(${share < 0 ? "47 125 225" : "239 125 26"} / ${Math.min(1, Math.abs(share)).toFixed(3)})`;
const UNIT = 4;             // pixels of a canvas for one value; between two maps lies an eighth of a map
const gapOf = (side) => Math.ceil(side / 2);
const tiles = (canvas, side, maps, most) => {
  const across = Math.sqrt(maps.length), width = UNIT * side, step = width + gapOf(side);
  canvas.width = canvas.height = (across - 1) * step + width;
  const context = canvas.getContext("2d");
  for (const [at, map] of maps.entries()) for (const [index, value] of map.entries()) {
    context.fillStyle = colour(value / most);
    context.fillRect((at % across) * step + (index % side) * UNIT, Math.floor(at / across) * step + Math.floor(index / side) * UNIT, UNIT, UNIT);
  }
};

/* ---- which places are alike ---- */
const cosines = (packed) => {
  const rows = rowsOf(unpack(packed)).map((row) => { const length = Math.hypot(...row) || 1; return row.map((value) => value / length); });
  const places = rows.slice(1);
  return rows.map((row) => Float32Array.from(places, (other) => row.reduce((total, value, axis) => total + value * other[axis], 0)));
};

const token = () => previewed ?? chosen().token ?? Math.floor(seen.model.grid_size / 2) * seen.model.grid_size + Math.floor(seen.model.grid_size / 2) + 1;
const tokenName = (at) => (at ? `patch ${at}` : "cls");

const showAlike = () => {
  const { grid_size: side } = seen.model, maps = cosines(seen.positions), apart = maps.slice(1).flatMap((map, at) => [...map].filter((_, index) => index !== at));
  alike = { maps, most: largest(apart) };
  tiles(find(".mosaic canvas"), side, maps.slice(1), alike.most);
  const width = UNIT * side, step = width + gapOf(side), across = (side - 1) * step + width;
  find(".mosaic svg").setAttribute("viewBox", `0 0 ${across} ${across}`);
  find(".mosaic svg").replaceChildren(...maps.slice(1).map((_, at) => svg("rect", { x: (at % side) * step, y: Math.floor(at / side) * step, width, height: width,
    role: "button", tabindex: at ? -1 : 0, "data-token": at + 1, "aria-label": `Patch ${at + 1}, ${place(at + 1, side)}` })));
  find(".large svg").setAttribute("viewBox", `0 0 ${side} ${side}`);
  find(".large svg").replaceChildren(...maps.slice(1).map((_, at) => svg("rect", { x: at % side, y: Math.floor(at / side), width: 1, height: 1, "data-other": at + 1 })));
  find(".low").textContent = `−${fixed(alike.most)}`;
  find(".high").textContent = fixed(alike.most);
  find(".fact").textContent = fact(maps.slice(1), side);
  const none = seen.model.positions === "none";
  find(".heap").hidden = !none;
  find(".pair").hidden = find(".note").hidden = none;
};

/* What the maps say on average: neighbours, the same row and column, and all others. */
const fact = (maps, side) => {
  const groups = { "side by side": [], "further along the same row": [], "further along the same column": [], elsewhere: [] };
  for (const [one, map] of maps.entries()) for (const [other, value] of map.entries()) {
    const down = Math.abs(Math.floor(one / side) - Math.floor(other / side)), right = Math.abs((one % side) - (other % side));
    if (down + right) groups[down + right === 1 ? "side by side" : !down ? "further along the same row" : !right ? "further along the same column" : "elsewhere"].push(value);
  }
  const means = Object.entries(groups).filter(([, values]) => values.length).map(([name, values]) => `${name} ${fixed(mean(values))}`);
  return `Cosine similarity, on average: ${means.join(", ")}. 1 is the same direction, 0 nothing in common.`;
};

const showPlace = () => {
  if (!alike) return;
  const at = token(), { grid_size: side } = seen.model;
  find(".here").textContent = at ? `Patch ${at}: ${place(at, side)}` : "cls, which lies nowhere";
  tiles(find(".large canvas"), side, [alike.maps[at]], alike.most);
  for (const cell of all(".mosaic rect, .large rect")) cell.setAttribute("class", Number(cell.dataset.token ?? cell.dataset.other) === at ? "chosen" : "");
  tell(null);
};

const tell = (other) => {
  const at = token(), map = alike.maps[at];
  const best = [...map.keys()].filter((index) => index + 1 !== at).sort((one, two) => map[two] - map[one])[0];
  find(".told").textContent = other ? `${tokenName(other)} is alike by ${fixed(map[other - 1])}.` : `Most like it: patch ${best + 1} (${place(best + 1, seen.model.grid_size)}), ${fixed(map[best])}.`;
};
