import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { diverging } from "../../web/colours.js";
import { make, paint, svg } from "../../web/dom.js";
import { patch, place, stride } from "../../web/grid.js";
import { saves } from "../../web/save.js";
import { chosen, pointing } from "../../web/selection.js";

export const mount = ({ element }) => {
  const SIZES = [28, 14, 7, 4, 2, 1];
  const find = (selector) => element.querySelector(selector);
  const number = (value) => value.toLocaleString("en");
  let seen = null,
    layout = null,
    learned = null; // the last: what is said of positions that were learned

  /* Until somebody chooses, the patch with the most ink is shown. */
  const shown = () => chosen().token ?? (seen ? busiest(seen.image, seen.model) : 0);

  /* Row `index` of a packed (rows, width) array. */
  const row = ({ shape, data }, index) => Array.from(data.subarray(index * shape[1], (index + 1) * shape[1]));

  const buildGrid = ({ num_patches: count, grid_size: side }) => {
    if (layout === side) return;
    layout = side;
    const grid = find(".grid");
    grid.style.gridTemplateColumns = `repeat(${side}, minmax(0, 1fr))`;
    grid.style.setProperty("--gap", `${Math.max(2, 32 / side)}px`);
    grid.classList.toggle("fine", side > 7);
    grid.replaceChildren(
      ...Array.from({ length: count }, (_, index) => {
        const button = make(
          "button",
          {
            type: "button",
            class: "token",
            "data-token": index + 1,
            "aria-pressed": "false",
            tabindex: -1,
            "aria-label": `Token ${index + 1}, ${place(index + 1, side)}`,
          },
          make("canvas", { "aria-hidden": "true" }),
          make("span", { class: "name" }, String(index + 1)),
        );
        return button;
      }),
    );
  };

  const show = () => {
    const token = shown();
    for (const button of element.querySelectorAll(".token"))
      button.setAttribute("aria-pressed", Number(button.dataset.token) === token);
    /* One patch is in the tab order; the arrow keys reach the others. */
    for (const button of find(".grid").children)
      button.tabIndex = Number(button.dataset.token) === (token || 1) ? 0 : -1;
    if (seen) detail(token);
  };

  /* A patch that is pointed at is chosen in all views while that lasts; what is clicked or walked to stays. */
  const { point, pin } = pointing();
  const tokenOf = (target) => {
    const button = target.closest(".token");
    return button ? Number(button.dataset.token) : undefined;
  };
  const tokens = find("section");
  tokens.addEventListener("pointerover", (event) => {
    if (tokenOf(event.target) !== undefined) point(tokenOf(event.target));
  }); // between two patches, nothing flickers
  tokens.addEventListener("pointerleave", () => point());
  element.addEventListener("click", (event) => {
    if (tokenOf(event.target) !== undefined) pin(tokenOf(event.target));
  });

  /* Arrow keys walk over the grid, as a table's cells. */
  find(".grid").addEventListener("keydown", (event) => {
    const move = stride(event.key, layout);
    const next = element.querySelector(`.grid [data-token="${Number(event.target.dataset.token) + move}"]`);
    if (move && next) {
      event.preventDefault();
      next.focus();
      pin(Number(next.dataset.token));
    }
  });

  const detail = (token) => {
    const { model, image, posEmbed } = seen,
      side = model.grid_size,
      size = model.patch_size;
    find(".title").textContent = token ? `Token ${token}: ${place(token, side)}` : "Token 0: cls";
    find(".what").textContent = token
      ? `Its ${size * size} pixels, 0 to 255, become ${model.embed_dim} numbers through one linear projection; ${model.positions === "none" ? "in this model, no position is added" : "then its position is added"}.`
      : `It holds no pixels. It starts as the same learned numbers for every image${model.pool === "mean" ? "; in this model nobody reads it, for the answer comes from the mean of the patches." : ", collects what it needs from the patches, and alone is read at the end."}`;
    const pixels = token ? patch(image.data, model.image_size, size, token - 1) : [];
    find(".pixels").style.gridTemplateColumns = `repeat(${size}, 1fr)`;
    find(".pixels").setAttribute(
      "aria-label",
      `${pixels.length} pixels, ${pixels.filter((ink) => ink > 0).length} with ink`,
    );
    find(".pixels").replaceChildren(
      ...pixels.map((ink) => {
        const cell = make("span", {}, size > 7 ? "" : String(Math.round(ink * 255)));
        cell.style.background = `rgb(${ink * 255} ${ink * 255} ${ink * 255})`;
        cell.style.color = ink > 0.46 ? "#000" : "#fff";
        return cell;
      }),
    );
    const { rows, scale } = vectors(token);
    find(".strips").replaceChildren(...rows.map(([label, values]) => strip(label, values, scale)));
    similarity(posEmbed, side, token);
  };

  /* The token's vectors as they add up, by name, and the largest number in them. */
  const vectors = (token) => {
    const own = row(seen.patchEmbed, token),
      position = row(seen.posEmbed, token),
      sum = own.map((value, index) => value + position[index]);
    const rows = [
      [token ? "Patch embedding" : "cls token", own],
      ["+ position embedding", position],
      ["= what enters the first layer", sum],
    ];
    return {
      rows,
      scale: rows.flatMap(([, values]) => values).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9),
    };
  };

  const strip = (label, values, scale) => {
    const cells = make("div", { class: "cells", role: "img", "aria-label": `${label}: ${values.length} numbers` });
    cells.append(
      ...values.map((value, index) => {
        const cell = make("span", { title: `${index}: ${value.toFixed(3)}` });
        cell.style.background = diverging(value / scale);
        return cell;
      }),
    );
    const range = `${Math.min(...values).toFixed(2)} … ${Math.max(...values).toFixed(2)}`.replaceAll("-", "−");
    return make(
      "div",
      { class: "strip" },
      make("div", { class: "label" }, make("b", {}, label), make("span", {}, range)),
      cells,
    );
  };

  /* The cosines of position `token` with those of the grid. */
  const cosines = (posEmbed, side, token) =>
    Array.from({ length: side * side }, (_, index) => {
      const length = (values) => Math.hypot(...values),
        own = row(posEmbed, token),
        other = row(posEmbed, index + 1);
      return own.reduce((total, value, axis) => total + value * other[axis], 0) / (length(own) * length(other) || 1);
    });

  const similarity = (posEmbed, side, token) => {
    const map = find(".map");
    const none = seen.model.positions === "none",
      [heading, text] = [find(".like").previousElementSibling, map.nextElementSibling];
    learned ??= text.textContent;
    heading.hidden = map.hidden = none;
    text.textContent = none ? "This model has no position embeddings: it sees an unordered set of patches." : learned;
    map.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
    map.setAttribute("aria-label", `Similarity of position ${token} to the ${side * side} positions of the grid`);
    map.replaceChildren(
      ...cosines(posEmbed, side, token).map((cosine, index) => {
        const cell = make("span", {
          title: `patch ${index + 1}: ${cosine.toFixed(2)}`,
          class: index + 1 === token ? "self" : "",
        });
        cell.style.background = diverging(cosine);
        return cell;
      }),
    );
  };

  const story = ({ image_size: side, patch_size: now, num_tokens: tokens, depth, num_heads: heads }) => {
    const pixels = side * side + 1;
    find(".sum").textContent =
      `This model reads ${tokens - 1} patches; single pixels would be ${side * side}, and one attention map ${number(Math.round((pixels / tokens) ** 2))} times as large.`;
    find("tbody").replaceChildren(
      ...SIZES.map((size) => {
        const grid = side / size,
          count = grid * grid + 1;
        const cells = [
          `${size}×${size} pixels`,
          number(count - 1),
          number(count),
          number(count * count),
          number(count * count * depth * heads),
        ];
        return make("tr", size === now ? { class: "now" } : {}, ...cells.map((text) => make("td", {}, text)));
      }),
    );
  };

  const busiest = ({ data, shape }, { patch_size: size, num_patches: count }) => {
    const ink = Array.from({ length: count }, (_, index) =>
      patch(data, shape[0], size, index).reduce((total, value) => total + value, 0),
    );
    return ink.indexOf(Math.max(...ink)) + 1;
  };

  /* ---- files: the sentence, and the token that is shown ---- */
  const signed = (value) => ({
    fill: value < 0 ? "#2f7de1" : "#ef7d1a",
    "fill-opacity": Math.min(Math.abs(value), 1).toFixed(3),
  });
  const write = (x, y, text, size = 12, more = {}) => svg("text", { x, y, "font-size": size, ...more }, text);

  /* Square cells in `side` columns, `wide` across, each with the attributes that `look` gives for its value. */
  const square = (values, side, left, top, wide, look) =>
    values.map((value, index) =>
      svg("rect", {
        x: left + ((index % side) * wide) / side,
        y: top + (Math.floor(index / side) * wide) / side,
        width: wide / side,
        height: wide / side,
        ...look(value),
      }),
    );

  const sentence = (left, top, wide) => {
    const { grid_size: side } = seen.model,
      step = wide / side,
      cell = step * 0.86;
    return [...find(".grid").children].flatMap((button, index) => {
      const x = left + (index % side) * step,
        y = top + Math.floor(index / side) * step,
        lit = button.getAttribute("aria-pressed") === "true";
      return [
        svg("image", {
          href: button.firstChild.toDataURL(),
          x,
          y,
          width: cell,
          height: cell,
          preserveAspectRatio: "none",
          style: "image-rendering: pixelated",
          "data-token": index + 1,
        }),
        svg("rect", {
          x,
          y,
          width: cell,
          height: cell,
          fill: "none",
          stroke: lit ? "#ef7d1a" : "#94a3b8",
          "stroke-width": lit ? 3 : 0.5,
        }),
        ...(side > 7
          ? []
          : [write(x + cell / 2, y + cell + step * 0.11, index + 1, step * 0.11, { "text-anchor": "middle" })]),
      ];
    });
  };

  const picture = () => {
    const { model, image, posEmbed } = seen,
      token = shown(),
      { rows, scale } = vectors(token);
    const pixels = token ? patch(image.data, model.image_size, model.patch_size, token - 1) : [],
      grey = (ink) => ({ fill: `rgb(${[ink, ink, ink].map((value) => Math.round(255 * value)).join(", ")})` });
    const strips = rows.flatMap(([label, values], index) => [
      write(380, 266 + 44 * index, label),
      ...values.map((value, at) =>
        svg("rect", {
          x: 380 + (320 * at) / values.length,
          y: 272 + 44 * index,
          width: 320 / values.length,
          height: 18,
          ...signed(value / scale),
        }),
      ),
    ]);
    return svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        viewBox: "0 0 720 400",
        width: 1440,
        height: 800,
        "font-family": "system-ui, sans-serif",
        fill: "#111",
      },
      svg("rect", { width: 720, height: 400, fill: "#fff" }),
      write(20, 26, `${model.num_patches} patches, and cls before them`, 14),
      ...sentence(20, 40, 340),
      write(380, 26, find(".title").textContent, 14),
      ...square(pixels, model.patch_size, 380, 40, 200, grey),
      ...(token
        ? [svg("rect", { x: 380, y: 40, width: 200, height: 200, fill: "none", stroke: "#94a3b8" })]
        : [write(380, 60, "no pixels: the same learned numbers for every image")]),
      ...strips,
      write(600, 46, "positions alike"),
      ...square(cosines(posEmbed, model.grid_size, token), model.grid_size, 600, 54, 100, signed),
    );
  };

  saves(element, { ready: () => seen, name: () => `patches-token-${shown()}`, picture });

  on("nothing", () => {
    seen = null;
    element.classList.add("empty");
    find(".title").textContent = "Draw a digit first";
    for (const button of find(".grid").children) paint(button.firstChild, [0], 1);
  });

  on("reading", (answer) => {
    const { image, model } = answer;
    buildGrid(model);
    for (const button of element.querySelectorAll(".grid .token"))
      paint(
        button.firstChild,
        patch(image.data, model.image_size, model.patch_size, button.dataset.token - 1),
        model.patch_size,
      );
    if (!answer.whole) return;
    element.classList.remove("empty");
    seen = { model, image, patchEmbed: unpack(answer.patch_embed), posEmbed: unpack(answer.pos_embed) };
    story(model);
    show();
  });

  on("chosen", show);
};
