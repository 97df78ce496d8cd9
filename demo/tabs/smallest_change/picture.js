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

const CELL = 10, // canvas pixels of an image's pixel
  LEAST = 0.02; // change of ink that gets an outline

/* The sides of changed pixels where nothing changed beyond: [x, y, width, height] in pixels, and what colour. */
export const outline = (before, now, side) => {
  const change = (x, y) => (x < 0 || y < 0 || x >= side || y >= side ? 0 : now[y * side + x] - before[y * side + x]),
    isChanged = (x, y) => Math.abs(change(x, y)) > LEAST,
    lines = [];
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      if (!isChanged(x, y)) continue;
      const colour = change(x, y) > 0 ? ADDED : REMOVED;
      if (!isChanged(x, y - 1)) lines.push({ place: [x, y, 1, 0], colour });
      if (!isChanged(x, y + 1)) lines.push({ place: [x, y + 1, 1, 0], colour });
      if (!isChanged(x - 1, y)) lines.push({ place: [x, y, 0, 1], colour });
      if (!isChanged(x + 1, y)) lines.push({ place: [x + 1, y, 0, 1], colour });
    }
  return lines;
};

/* Paint `side` x `side` ink values on a canvas, with what has changed; an outline shows a faint change, too. */
export const paintChange = (canvas, before, now, side) => {
  canvas.width = canvas.height = side * CELL;
  const context = canvas.getContext("2d");
  for (let index = 0; index < side * side; index++) {
    context.fillStyle = `rgb(${colourOf(before[index], now[index])})`;
    context.fillRect((index % side) * CELL, Math.floor(index / side) * CELL, CELL, CELL);
  }
  for (const { place, colour } of outline(before, now, side)) {
    const [x, y, width, height] = place.map((value) => value * CELL);
    context.fillStyle = colour;
    context.fillRect(x - 1, y - 1, width + 2, height + 2);
  }
};
