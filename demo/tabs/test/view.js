/* What all parts of this view share; evaluation.PART.js go on in the same scope. */
const { on, make, svg, paint, percent, call, rove, saves } = window.inkling;
const find = (selector) => element.querySelector(selector);
const GOOD = "#2f7de1", BAD = "#ef7d1a", FONT = "system-ui, sans-serif";

let seen = null; // the page's last whole reading
const tests = new Map(), rough = new Map(), cells = new Map(); // by the model's token: what the server found of it

const token = () => seen.source.model;
const shippedAs = (model) => props.models.find((shipped) => shipped.token === model);
const named = (model) => (shippedAs(model) ? `the model with ${shippedAs(model).label}` : "your model");
const exact = (share) => `${(100 * share).toFixed(2)} %`;
const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const say = (text) => { find(".message").textContent = text; };

/* Text in an <svg> takes the page's colour, and in a file the file's. */
const text = (x, y, words, attributes = {}) => svg("text", { x, y, "font-family": FONT, "font-size": 8, fill: "currentColor", "text-anchor": "middle", "dominant-baseline": "central", ...attributes }, String(words));
const drawn = (width, height, label, ...children) => svg("svg", { viewBox: `0 0 ${width} ${height}`, xmlns: "http://www.w3.org/2000/svg", role: "group", "aria-label": label }, ...children);

/* A sheet of digits as demo/tabs/test/server.py draws it -> paints digit `index` of it on a canvas. */
const opened = async ({ sheet, columns }) => {
  const image = new Image();
  if (sheet) { image.src = `data:image/png;base64,${sheet}`; await image.decode(); }
  return (canvas, index) => {
    const brush = canvas.getContext("2d");
    brush.clearRect(0, 0, 28, 28);
    brush.drawImage(image, (index % columns) * 28, Math.floor(index / columns) * 28, 28, 28, 0, 0, 28, 28);
    return canvas;
  };
};
const picture = (show, index, attributes) => svg("image", { href: show(make("canvas", { width: 28, height: 28 }), index).toDataURL(), style: "image-rendering: pixelated", ...attributes });
