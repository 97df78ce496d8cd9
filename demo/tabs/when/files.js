/* The download of tab "When": the chart, and the drawing and the image at the slider's place. */
import { paper, write } from "../../web/save.js";

const MARGIN = 20,
  PICTURE = 196;

/* A copy of what an <svg> shows, at a place of the sheet. */
const copyOf = (drawn, x, y, width, height) => {
  const copy = drawn.cloneNode(true);
  for (const [name, value] of Object.entries({ x, y, width, height })) copy.setAttribute(name, value);
  return copy;
};

export const chartSheet = (find, { width, height }, sentences) =>
  paper(
    width + 2 * MARGIN,
    height + 330,
    13,
    ...sentences.map((sentence, row) => write(MARGIN, 26 + 20 * row, sentence, { "font-size": 14 })),
    copyOf(find(".chart svg"), MARGIN, 76, width, height),
    write(MARGIN, height + 102, find(".now").textContent),
    copyOf(find(".sheet svg"), MARGIN, height + 114, PICTURE, PICTURE),
    copyOf(find('[data-map="image"] svg'), 2 * MARGIN + PICTURE, height + 114, PICTURE, PICTURE),
  );
