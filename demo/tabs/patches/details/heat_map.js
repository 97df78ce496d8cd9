/* Square maps of values: orange above zero, blue below, clear at zero, so that the page's own ground shows. */
export const colour = (share) =>
  `rgb(${share < 0 ? "47 125 225" : "239 125 26"} / ${Math.min(1, Math.abs(share)).toFixed(3)})`;
export const UNIT = 4; // pixels of a canvas for one value; between two maps lies an eighth of a map
export const gapOf = (side) => Math.ceil(side / 2);
export const tiles = (canvas, side, maps, most) => {
  const across = Math.sqrt(maps.length),
    width = UNIT * side,
    step = width + gapOf(side);
  canvas.width = canvas.height = (across - 1) * step + width;
  const context = canvas.getContext("2d");
  for (const [at, map] of maps.entries())
    for (const [index, value] of map.entries()) {
      context.fillStyle = colour(value / most);
      context.fillRect(
        (at % across) * step + (index % side) * UNIT,
        Math.floor(at / across) * step + Math.floor(index / side) * UNIT,
        UNIT,
        UNIT,
      );
    }
};
