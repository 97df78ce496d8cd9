/* Time and memory of each patch size, measured on the server one after another: 28×28 pixels is not measured. */

import { make } from "../../web/dom.js";
import { call, failureText, newest } from "../../web/server.js";
import { measuredCells } from "./cost_table.js";

/* Connect the button that measures. `rows()` are the rows of the table, each with its `data-size`; `source()` names the
   model. Returns what ends a measurement, because the table is built again for another model. */
export const measuredCosts = (find, measure, { source, rows }) => {
  const button = find(".measure"),
    { next, cancel } = newest();
  const say = (text) => {
    find(".message").textContent = text;
  };

  const fill = async (row, isNewest) => {
    const answer = await call(measure, { ...source(), patch_size: Number(row.dataset.size) });
    if (!isNewest()) return false;
    if (answer.error) say(answer.error);
    else row.append(...measuredCells(answer).map((text) => make("td", { class: "measured" }, text)));
    return !answer.error;
  };

  const measureAll = async () => {
    const isNewest = next();
    say("");
    button.disabled = true;
    find("table").classList.add("with-measured");
    for (const cell of find("tbody").querySelectorAll(".measured")) cell.remove();
    try {
      for (const row of rows()) if (Number(row.dataset.size) < 28 && !(await fill(row, isNewest))) break;
    } catch (error) {
      if (isNewest()) say(failureText(error));
    }
    if (isNewest()) button.disabled = false;
  };
  button.addEventListener("click", measureAll);

  return () => {
    cancel();
    button.disabled = false;
    find("table").classList.remove("with-measured");
  };
};
