/* Whether the visitor drew what is on the sheet: examples and test digits take part in no challenge. */
import { on } from "../../web/bus.js";

let own = false;

on("sheet", ({ strokes, example }) => {
  own = strokes.length > 0 && !example;
});

export const isOwnDrawing = () => own;
