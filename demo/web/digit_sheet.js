/* Pictures of digits from a sheet: demo/digit_sheets.py packs many into one picture. */
import { make } from "./dom.js";

/* Open a sheet: returns what paints digit `index` of it on a canvas. */
export const openSheet = async ({ sheet, columns }) => {
  const image = new Image();
  if (sheet) {
    image.src = `data:image/png;base64,${sheet}`;
    await image.decode();
  }
  return (canvas, index) => {
    const brush = canvas.getContext("2d");
    brush.clearRect(0, 0, 28, 28);
    brush.drawImage(image, (index % columns) * 28, Math.floor(index / columns) * 28, 28, 28, 0, 0, 28, 28);
    return canvas;
  };
};

export const digitCanvas = () => make("canvas", { width: 28, height: 28 });
