/* The folded part of tab "Patches": all positions, and the filters of the patch embedding. */
import { unpack } from "../../../web/arrays.js";
import { askOfEachModel } from "../../../web/model_question.js";
import { rowsOf } from "../../../web/numbers.js";
import { newFilters } from "./filters.js";
import { newMosaic } from "./mosaic.js";

const unpackFilters = ({ filters, patterns, gains, ...rest }) => ({
  ...rest,
  filters: rowsOf(unpack(filters)),
  patterns: rowsOf(unpack(patterns)),
  gains: unpack(gains).data,
});

/* `question` asks the server about the filters, `pin(token)` chooses a patch. Returns `show(reading)`, `choose(token)`
   and `empty()`, for a sheet without a drawing. */
export const newDetails = (element, question, pin) => {
  const mosaic = newMosaic(element.querySelector(".positions"), pin),
    lookout = element.querySelector(".lookout"),
    filters = newFilters(lookout);
  let reading = null,
    drawn = ""; // the model that the maps are drawn for

  askOfEachModel(lookout, question, {
    take: (answer, ofModel) => filters.take(unpackFilters(answer), reading ?? ofModel),
    forget: filters.forget,
    say: (text) => {
      lookout.querySelector(".problem").textContent = text;
    },
  });

  return {
    show: (latest) => {
      reading = latest;
      const model = JSON.stringify([latest.source.model ?? null, latest.model]);
      if (drawn !== model) mosaic.show(latest.model, latest.posEmbed);
      drawn = model;
      filters.draw(latest);
    },
    choose: mosaic.choose,
    empty: () => reading && filters.draw({ ...reading, image: null }),
  };
};
