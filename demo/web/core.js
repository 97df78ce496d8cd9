/* What the components share in the browser: the latest reading, passed on as it comes, and a few pure helpers.
   Topics: "reading" (an answer of the server: `whole`, or a glance while the pen is down, which has the cls rows of
   the attention and not all of it) and "nothing" (there is nothing to read, and why); the last of both is replayed.
   "training": the visitor's training as it stands. And "chosen": what the visitor has chosen, in whichever view, is chosen in all of them. */

let latest = {};
const listeners = {};

/* Call `listener` with what was last sent on `topic`, if anything, and with all that follows. */
const on = (topic, listener) => {
  (listeners[topic] ??= []).push(listener);
  if (latest[topic]) listener(latest[topic]);
};

const tell = (topic, message) => {
  for (const listener of listeners[topic] ?? []) {
    try { listener(message); } catch (error) { console.error(error); }
  }
};

const emit = (topic, message) => {
  if (topic === "training") latest.training = message;
  else latest = { training: latest.training, [topic]: message };
  if (topic === "reading") fit(message);
  tell(topic, message);
};

/* ---- what is chosen: a token (0 is cls, null while nobody chose one), a layer, a head or the mean of them, and the
   digit that is asked about (null: the one that was read) ---- */
const MEAN = -1;
let selection = { token: null, layer: 0, head: MEAN, digit: null }, fitted = null;
const chosen = () => selection;

const choose = (change) => {
  selection = { ...selection, ...change };
  tell("chosen", selection);
};

/* Keep what was chosen where another model has the like of it: the last layer is always the last, and a patch is the
   one that lies in the same place. Another drawing is asked about the digit that it was read as. */
const fit = ({ model, whole }) => {
  const { token, layer, head, digit } = selection, before = fitted ?? model;
  selection = {
    token: token && moved(token, before.grid_size, model.grid_size),
    layer: !fitted || layer === before.depth - 1 ? model.depth - 1 : Math.min(layer, model.depth - 1),
    head: head < model.num_heads ? head : MEAN,
    digit: whole ? null : digit,
  };
  fitted = model;
};

/* Plain loops here: the attention of a model of 50 tokens is 60,000 numbers, for which `from` takes 40 times as long. */
const bytesOf = (base64) => {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
};

const shares = (steps, most) => {
  const values = new Float32Array(steps.length);
  for (let index = 0; index < steps.length; index++) values[index] = steps[index] / most;
  return values;
};

/* An array as demo/serialize.py packs it -> { shape, data }, data a typed array; u16 is fixed point in [0, 1]. */
const unpack = ({ shape, type, data }) => {
  const bytes = bytesOf(data);
  if (type === "u8") return { shape, data: shares(bytes, 255) };
  if (type === "u16") return { shape, data: shares(new Uint16Array(bytes.buffer), 65535) };
  return { shape, data: new Float32Array(bytes.buffer) };
};

/* Paint `side` x `side` ink values in [0, 1] on a canvas, white on black, one value a pixel. */
const paint = (canvas, values, side) => {
  canvas.width = canvas.height = side;
  const picture = new ImageData(side, side);
  for (let index = 0; index < side * side; index++) {
    picture.data.fill(Math.round(values[index] * 255), 4 * index, 4 * index + 3);
    picture.data[4 * index + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
};

/* The pixels of patch `index` (row-major) of an image: `size` x `size` values. */
const patch = (image, side, size, index) => {
  const grid = side / size, top = Math.floor(index / grid) * size, left = (index % grid) * size;
  return Array.from({ length: size * size }, (_, at) => image[(top + Math.floor(at / size)) * side + left + (at % size)]);
};

/* Where token `token` (1 is the first patch) lies in a grid of `side` x `side`, in words. */
const place = (token, side) => `row ${Math.floor((token - 1) / side) + 1}, column ${((token - 1) % side) + 1}`;

/* The patch of a `to` x `to` grid that lies where patch `token` does in a `from` x `from` grid; cls, 0, stays cls. */
const moved = (token, from, to) => {
  const at = (index) => Math.floor(((index + 0.5) * to) / from);
  return token && 1 + to * at(Math.floor((token - 1) / from)) + at((token - 1) % from);
};

/* By how many tokens an arrow key moves in such a grid; undefined for another key. */
const stride = (key, side) => ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side })[key];

/* A value in [-1, 1] -> a colour from blue over neutral to orange, the neutral being the page's own background. */
const diverging = (value) => {
  const strength = Math.round(Math.min(Math.abs(value), 1) * 100);
  return `color-mix(in oklab, ${value < 0 ? "#2f7de1" : "#ef7d1a"} ${strength}%, var(--background-fill-primary))`;
};

/* No model is ever all sure, so nothing is rounded up to 100 %. */
const percent = (share) => (share > 0.9995 ? ">99.9 %" : `${(100 * share).toFixed(share < 0.0005 ? 0 : 1)} %`);

const make = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

const svg = (tag, attributes = {}, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

/* Ask one of a component's server functions. Gradio answers a failed request with nothing; here it is an error. */
const call = async (ask, payload) => {
  const answer = await ask(payload);
  if (answer === undefined || answer === null) throw new Error("the server does not answer");
  return answer;
};

/* Hand the visitor a file that lies in memory. */
const download = (name, type, base64) => {
  const link = make("a", { href: URL.createObjectURL(new Blob([bytesOf(base64)], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

/* A digit with a grid of cells over it, each with its patch's number, drawn into `holder` as one <svg> that needs
   nothing from the page's style, so that it can be saved as it is. */
const buildMap = (holder, { grid_size: side, patch_size: size, image_size: pixels }, image, attributes = {}) => {
  const canvas = document.createElement("canvas");
  paint(canvas, image.data, pixels);
  const picture = svg("image", { href: canvas.toDataURL(), width: pixels, height: pixels, style: "image-rendering: pixelated" });
  const cells = Array.from({ length: side * side }, (_, patch) => svg("rect", {
    x: (patch % side) * size, y: Math.floor(patch / side) * size, width: size, height: size, fill: "none", stroke: "#ffffff40", "stroke-width": 0.08, "data-patch": patch }));
  holder.replaceChildren(svg("svg", { viewBox: `0 0 ${pixels} ${pixels}`, xmlns: "http://www.w3.org/2000/svg", ...attributes }, picture, ...cells));
  return cells;
};

/* Colour cells by their values: orange for what speaks for it, blue against, told apart by colour-blind people too. */
const colourCells = (cells, values) => {
  const scale = values.reduce((found, value) => Math.max(found, Math.abs(value)), 0) || 1;
  for (const [patch, cell] of cells.entries()) {
    cell.setAttribute("fill", values[patch] < 0 ? "#4aa3ff" : "#ff8c1a");
    cell.setAttribute("fill-opacity", (0.85 * Math.abs(values[patch])) / scale);
  }
};

const colourMap = (holder, model, image, values) => colourCells(buildMap(holder, model, image, { "aria-hidden": "true" }), values);

/* Colour a digit by where a model looks in its last layer, all heads together: `looks` is unpacked, (layers, heads,
   tokens). The grid is that of this model, which need not be the one that reads for the page. */
const gridOf = (patches) => { const side = Math.round(Math.sqrt(patches)); return { grid_size: side, patch_size: 28 / side, image_size: 28 }; };

const colourLooks = (holder, image, { shape: [layers, heads, tokens], data }) => {
  const cells = new Float32Array(tokens - 1);
  for (let head = 0; head < heads; head++) {
    const start = ((layers - 1) * heads + head) * tokens;
    for (let patch = 0; patch < cells.length; patch++) cells[patch] += data[start + 1 + patch] / heads;
  }
  colourMap(holder, gridOf(cells.length), image, cells);
};

/* Hand the visitor a drawn <svg> as a file, "svg" or "png", with nothing asked of the server. */
const saveSvg = async (drawn, name, format) => {
  const text = new XMLSerializer().serializeToString(drawn), bytes = new TextEncoder().encode(text);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  if (format === "svg") return download(`${name}.svg`, "image/svg+xml", base64);
  const picture = new Image();
  picture.src = `data:image/svg+xml;base64,${base64}`;
  await picture.decode();
  const canvas = make("canvas", { width: picture.width, height: picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  download(`${name}.png`, "image/png", canvas.toDataURL("image/png").split(",")[1]);
};

/* A digit's colour, light enough for a dark ground. Never the only sign: ten colours cannot all be told apart. */
const digitColour = (digit) => ["#56b4e9", "#f0e442", "#00c08b", "#ff7f6e", "#c792ea", "#e5e7eb", "#e69f00", "#9bd650", "#ff8fd0", "#8fa5ff"][digit % 10];

/* What the model that reads calls a class, alone and after "for": 7, an 8, Sneaker. */
const DIGITS = [..."0123456789"];
const called = (digit) => (fitted?.names ?? DIGITS)[digit];
const oneOf = (digit) => (DIGITS.includes(called(digit)) ? `${called(digit) === "8" ? "an" : "a"} ${called(digit)}` : called(digit));

/* What is said of a drawing that looks like none of the classes, and what its probabilities are worth then. */
const ofDigits = () => (fitted?.names ?? DIGITS).every((name) => DIGITS.includes(name));
const doubtful = (digit) => `Probably ${ofDigits() ? "not a digit" : "none of its classes"}; closest: ${called(digit)}`;
const ifItIs = () => (ofDigits() ? "if it is a digit" : "if it is one of them");

/* Whose attention leads to the answer, to begin "in the last block". */
const looker = () => (fitted?.pool === "mean" ? "all patches, on average, look" : "cls looks");

/* Rows for the classes, as `build(digit, name)` makes them with a `node`, in `holder`; made again for other classes. */
const eachClass = (holder, build) => {
  const rows = [];
  let made = "";
  const renew = ({ model: { names } }) => {
    if (names.join() === made) return;
    made = names.join();
    rows.splice(0, rows.length, ...names.map((name, digit) => build(digit, name)));
    holder.replaceChildren(...rows.map(({ node }) => node));
    holder.classList.toggle("many", names.length > 12);
    holder.classList.toggle("worded", names.some((name) => name.length > 1));
    holder.style.setProperty("--longest", `${Math.max(...names.map((name) => name.length)) * 0.58}em`);
  };
  renew({ model: { names: DIGITS } });
  on("reading", renew);
  return rows;
};


export { MEAN, called, oneOf, doubtful, ifItIs, looker, eachClass, on, tell, emit, chosen, choose, unpack, paint, patch, place, moved, stride, diverging, percent, make, svg, buildMap, colourCells, colourMap, gridOf, colourLooks, call, download, saveSvg, digitColour };
