/* The maps of tab "Why": the drawing with one colour on each patch, once for each method. */
import { svg } from "../../web/dom.js";
import { buildMap, colourCells } from "../../web/patch_map.js";

const NUMBERS_UP_TO = 4; // patches a side; in a finer grid numbers do not fit into the cells
const LOW = 0.86; // where a number stands in its cell, above a frame's lower edge
const SMALLEST_NUMBER = 0.05; // which would be written as 0.0

const cellsOf = (holder) => [...holder.querySelectorAll("rect[data-patch]")];

/* The patches of the exact map are reached with the arrow keys; over them is a group for numbers. */
const makeFocusable = (holder) => {
  for (const [patch, cell] of cellsOf(holder).entries()) {
    cell.setAttribute("tabindex", patch ? -1 : 0);
    cell.setAttribute("role", "img");
  }
  holder.firstChild.append(
    svg("g", {
      "font-family": "system-ui, sans-serif",
      "font-size": 1.9,
      fill: "#fff",
      stroke: "#000",
      "stroke-width": 0.45,
      "paint-order": "stroke",
      "text-anchor": "middle",
      "pointer-events": "none",
    }),
  );
};

const frame = (patch, { grid_size: side, patch_size: size }, dashes) =>
  svg("rect", {
    class: "top",
    x: (patch % side) * size + 0.4,
    y: Math.floor(patch / side) * size + 0.4,
    width: size - 0.8,
    height: size - 0.8,
    fill: "none",
    stroke: "#fff",
    "stroke-width": 0.4,
    "stroke-dasharray": dashes,
    "pointer-events": "none",
  });

/* All maps in `element`: each `[data-map]` holds one. */
export const patchMaps = (element) => {
  const holders = () =>
    Object.fromEntries([...element.querySelectorAll("[data-map]")].map((holder) => [holder.dataset.map, holder]));

  return {
    holders,
    colour: (key, values) => colourCells(cellsOf(holders()[key]), values),

    clear: () => {
      for (const holder of Object.values(holders())) holder.replaceChildren();
    },

    layOut: ({ model, image }) => {
      for (const [key, holder] of Object.entries(holders())) {
        const exact = key === "exact";
        buildMap(holder, model, image, exact ? { role: "group" } : { "aria-hidden": "true" });
        if (exact) makeFocusable(holder);
      }
    },

    /* Write the values into the exact map's cells, where they fit; `label(patch)` names a cell for a screen reader. */
    write: ({ grid_size: side, patch_size: size }, values, { label, number }) => {
      const holder = holders().exact,
        shown =
          side > NUMBERS_UP_TO ? [] : [...values.keys()].filter((patch) => Math.abs(values[patch]) >= SMALLEST_NUMBER);
      for (const [patch, cell] of cellsOf(holder).entries()) cell.setAttribute("aria-label", label(patch));
      holder.querySelector("g").replaceChildren(
        ...shown.map((patch) => {
          const [x, y] = [((patch % side) + 0.5) * size, (Math.floor(patch / side) + LOW) * size];
          return svg("text", { x, y }, number(patch));
        }),
      );
    },

    /* Outline the patch of the strongest attention, dashed, and the one of the largest value, in both large maps; if
       they are the same one, the solid frame alone. The numbers lie over the frames. */
    outline: (model, { attention, value }) => {
      for (const holder of [holders().exact, holders().attention]) {
        for (const old of holder.querySelectorAll(".top")) old.remove();
        const put = (patch, dashes) =>
          holder.firstChild.insertBefore(frame(patch, model, dashes), holder.querySelector("g"));
        if (attention !== null && attention !== value) put(attention, "1 0.7");
        if (value !== null) put(value, "none");
      }
    },

    mark: (patches) => {
      for (const holder of Object.values(holders()))
        for (const [patch, cell] of cellsOf(holder).entries()) {
          const marked = Boolean(patches?.includes(patch));
          cell.setAttribute("stroke", marked ? "#fff" : "#ffffff40");
          cell.setAttribute("stroke-width", marked ? 0.5 : 0.08);
        }
    },
  };
};
