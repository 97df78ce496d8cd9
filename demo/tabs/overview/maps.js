/* The small pictures in the picture, painted pixel by pixel: a pixel of the model is a pixel of theirs. */

const canvas = document.createElement("canvas");

/* An image of `width` x `height` as a URL; `paint(set)` sets pixels: set(x, y, r, g, b, alpha). */
const painted = (width, height, paint) => {
  [canvas.width, canvas.height] = [width, height];
  const picture = new ImageData(width, height);
  paint((x, y, red, green, blue, alpha) => {
    const at = 4 * (y * width + x);
    picture.data[at] = red;
    picture.data[at + 1] = green;
    picture.data[at + 2] = blue;
    picture.data[at + 3] = alpha;
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas.toDataURL();
};

export const drawingUrl = ({ shape: [side], data }) =>
  painted(side, side, (set) => {
    for (let at = 0; at < side * side; at++) {
      const ink = 255 * data[at];
      set(at % side, Math.floor(at / side), ink, ink, ink, 255);
    }
  });

/* All patches in a line, one pixel between two; along y, or along x if not `wide`. */
export const patchesUrl = (image, { patch_size: size, grid_size: side, num_patches: count }, wide) => {
  const length = count * (size + 1);
  return painted(wide ? size : length, wide ? length : size, (set) => {
    for (let patch = 0; patch < count; patch++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
          const row = Math.floor(patch / side) * size + y,
            ink = 255 * image.data[row * side * size + (patch % side) * size + x],
            [left, top] = wide ? [x, patch * (size + 1) + y] : [patch * (size + 1) + x, y];
          set(left, top, ink, ink, ink, 255);
        }
  });
};

/* Rows of numbers in [-1, 1] as strips of colour, blue below zero and orange above, as thick as the patches beside. */
export const numbersUrl = (rows, thick, gap, wide) => {
  const numbers = rows[0].length,
    length = rows.length * (thick + gap);
  return painted(wide ? numbers : length, wide ? length : numbers, (set) => {
    for (const [row, values] of rows.entries())
      for (let at = 0; at < numbers; at++) {
        const strength = 25 + 230 * Math.min(1, Math.abs(values[at])),
          colour = values[at] < 0 ? [47, 125, 225, strength] : [239, 125, 26, strength];
        for (let line = 0; line < thick; line++) {
          const along = row * (thick + gap) + line;
          if (wide) set(at, along, ...colour);
          else set(along, at, ...colour);
        }
      }
  });
};

/* The maps of all heads of a layer: `rows` are their weights (N) for cls and the patches, each on its own scale. */
export const headsUrl = (image, { patch_size: size, grid_size: grid }, rows, columns) => {
  const side = size * grid,
    step = side + 2,
    lines = Math.ceil(rows.length / columns);
  return painted(columns * step - 2, lines * step - 2, (set) => {
    for (const [head, row] of rows.entries()) {
      const left = (head % columns) * step,
        top = Math.floor(head / columns) * step;
      let most = 0;
      for (let token = 1; token < row.length; token++) most = Math.max(most, row[token]);
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const tint = (0.82 * row[1 + Math.floor(y / size) * grid + Math.floor(x / size)]) / (most || 1),
            grey = 255 * image.data[y * side + x] * (1 - tint);
          set(left + x, top + y, grey + 255 * tint, grey + 140 * tint, grey + 26 * tint, 255);
        }
    }
  });
};
