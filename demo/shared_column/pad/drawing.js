/* How a sheet looks: strokes, MNIST digits and pictures on a canvas. */
import { unpack } from "../../web/arrays.js";
import { paint } from "../../web/dom.js";
import { isBlank } from "./sheet.js";
import { SIDE } from "./strokes.js";

const PEN = 20; // a line's width in units; the model sees MNIST's own pen width anyway

/* Draw strokes, white, on a canvas of `side` x `side` pixels; a firmer pen draws a wider line. */
export const drawStrokes = (canvas, strokes, side) => {
  const context = canvas.getContext("2d"),
    scale = side / SIDE;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = "#fff";
  for (const points of strokes) {
    points.forEach(([x, y, , pressure], index) => {
      const from = points[Math.max(index - 1, 0)];
      context.lineWidth = PEN * scale * (0.6 + 0.8 * (pressure || 0.5));
      context.beginPath();
      context.moveTo(from[0] * scale, from[1] * scale);
      context.lineTo(x * scale + 0.01, y * scale);
      context.stroke();
    });
  }
};

const drawImage = (canvas, image, side) => {
  const small = document.createElement("canvas"),
    context = canvas.getContext("2d");
  paint(small, unpack(image).data, 28);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, side, side);
};

const draw = (canvas, { strokes, sample, picture }, side) => {
  const image = (sample ?? picture)?.image;
  if (image) drawImage(canvas, image, side);
  drawStrokes(canvas, strokes, side);
};

/* Cover what is drawn with the sheet's own colour, so that it is too pale for ink. */
const fade = (canvas, side) => {
  const context = canvas.getContext("2d");
  context.globalCompositeOperation = "source-atop";
  context.fillStyle = "rgb(16 20 24 / 82%)";
  context.fillRect(0, 0, side, side);
  context.globalCompositeOperation = "source-over";
};

/* Draw a sheet as large as the canvas is shown, in the screen's own pixels; with nothing on it, `ghost` pale. */
export const drawSheet = (canvas, sheet, ghost) => {
  const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)) || SIDE;
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  canvas.getContext("2d").clearRect(0, 0, side, side);
  draw(canvas, sheet, side);
  if (!isBlank(sheet)) return;
  draw(canvas, ghost, side);
  fade(canvas, side);
};
