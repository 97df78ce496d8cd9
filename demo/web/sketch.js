/* A drawing as a small picture. */
import { unpack } from "./arrays.js";
import { paint } from "./dom.js";

const SIDE = 280; // units of the pad's sheet

const rangeOf = (values) => [
  values.reduce((low, value) => Math.min(low, value), Infinity),
  values.reduce((high, value) => Math.max(high, value), -Infinity),
];

/* Draw a drawing on a canvas, as large as it fits, and return it. */
export const sketch = (canvas, { strokes, picture }) => (picture ? pixels(canvas, picture) : lines(canvas, strokes));

const pixels = (canvas, picture) => {
  const small = document.createElement("canvas"),
    brush = canvas.getContext("2d");
  paint(small, unpack(picture).data, picture.shape[0]);
  brush.imageSmoothingEnabled = false;
  brush.drawImage(small, 0, 0, canvas.width, canvas.height);
  return canvas;
};

const lines = (canvas, strokes) => {
  const points = strokes.flat(),
    side = canvas.width,
    brush = canvas.getContext("2d"),
    [left, right] = rangeOf(points.map(([x]) => x)),
    [top, bottom] = rangeOf(points.map(([, y]) => y));
  const scale = Math.min((0.74 * side) / Math.max(right - left, bottom - top, 1), side / SIDE);
  const at = ([x, y]) => [side / 2 + (x - (left + right) / 2) * scale, side / 2 + (y - (top + bottom) / 2) * scale];
  brush.clearRect(0, 0, side, side);
  brush.lineCap = brush.lineJoin = "round";
  brush.lineWidth = side * 0.07;
  brush.strokeStyle = "#fff";
  for (const stroke of strokes) {
    brush.beginPath();
    brush.moveTo(...at(stroke[0]));
    for (const point of stroke) brush.lineTo(...at(point));
    brush.stroke();
  }
  return canvas;
};
