// @ts-check
/* A view's program with the page's drawing and model in place of the example and the model that it names. */

const DRAWING = '"#sheet=example-7"';
const MODEL = '"digits-4x4"';

/** @param {string} link @param {string} key */
const part = (link, key) => new RegExp(`[#&]${key}=([^&]*)`).exec(link)?.[1] ?? null;

/**
 * `link` is a link to what the page shows, `model` the name of the shipped model that reads, null for another one.
 * What the program cannot have stays as it is: `drawing` and `model` say whether the program names one and has another
 * one than the page. An empty sheet leaves the example, for a view keeps its last drawing.
 * @param {string} code
 * @param {{ link: string, model: string | null }} page
 */
export const adapted = (code, { link, model }) => {
  const sheet = part(link, "sheet");
  const drawn = sheet && sheet !== "blank" ? JSON.stringify(`#sheet=${sheet}`) : DRAWING;
  return {
    code: code.replaceAll(DRAWING, drawn).replaceAll(MODEL, model ? JSON.stringify(model) : MODEL),
    drawing: code.includes(DRAWING) && !sheet,
    model: code.includes(MODEL) && !model,
  };
};
