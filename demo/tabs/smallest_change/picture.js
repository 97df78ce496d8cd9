/* The change over the drawing: ink that stays is white, added ink orange, removed ink blue. */

export const ADDED = "#ff8c1a",
  REMOVED = "#4aa3ff";

const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/* The colour of a pixel with this ink before and now, each in [0, 1]: three numbers from 0 to 255. */
export const colourOf = (before, now) => {
  const kept = 255 * Math.min(before, now),
    change = rgb(now > before ? ADDED : REMOVED);
  return change.map((part) => Math.round(kept + Math.abs(now - before) * part));
};

/* Paint `side` x `side` ink values on a canvas, with what has changed. */
export const paintChange = (canvas, before, now, side) => {
  canvas.width = canvas.height = side;
  const picture = new ImageData(side, side);
  for (let index = 0; index < side * side; index++)
    picture.data.set([...colourOf(before[index], now[index]), 255], 4 * index);
  canvas.getContext("2d").putImageData(picture, 0, 0);
};
