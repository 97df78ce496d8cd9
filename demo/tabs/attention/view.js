import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { make, onceAFrame, paint, svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { place } from "../../web/grid.js";
import { rove } from "../../web/keyboard.js";
import { t } from "../../web/language.js";
import { modelKey } from "../../web/model_key.js";
import { open } from "../../web/route.js";
import { saves } from "../../web/save.js";
import { choose, chosen, MEAN } from "../../web/selection.js";
import { attentionFigure, attentionTable } from "./sheet.js";

export const mount = ({ element }) => {
  const find = (selector) => element.querySelector(selector);
  let shown = null,
    hovered = null,
    drawn = ""; // the model that the view is laid out for
  const pinned = () => chosen().token ?? 0;

  /* A glance, while the pen is down, has the rows of cls and no others. */
  const query = () => (shown.rows.shape.length === 4 ? (hovered ?? pinned()) : 0);

  /* The weights (N) that token `at` gives to all tokens in one layer and head; rows are (L, h, N, N), or (L, h, N). */
  const weights = (layerAt, headAt, at) => {
    const { data, shape } = shown.rows,
      heads = shape[1],
      tokens = shape.at(-1),
      queries = shape.length === 4 ? tokens : 1;
    const one = (index) => {
      const start = ((layerAt * heads + index) * queries + at) * tokens;
      return data.subarray(start, start + tokens);
    };
    if (headAt !== MEAN) return one(headAt);
    const mean = new Float32Array(tokens);
    for (let index = 0; index < heads; index++)
      one(index).forEach((value, token) => {
        mean[token] += value / heads;
      });
    return mean;
  };

  const shownRow = () => weights(chosen().layer, chosen().head, query());

  const onPatches = (row) => row.subarray(1).reduce((most, value) => Math.max(most, value), 0);

  const tokenName = (token) =>
    token ? t("patch {n} ({place})", { n: token, place: place(token, shown.model.grid_size) }) : "cls";

  /* The colour of a weight on a scale from 0 to `most`, to lie over the digit. */
  const tint = (weight, most) => `rgb(255 140 26 / ${(0.82 * weight) / (most || 1)})`;

  const mapName = (layerAt, index) =>
    index === MEAN
      ? t("Layer {layer}, mean of the heads", { layer: layerAt + 1 })
      : t("Layer {layer}, head {head}", { layer: layerAt + 1, head: index + 1 });

  const titleText = (layer, head, token) =>
    head === MEAN
      ? t("Layer {layer}, mean of the heads: where {token} looks", { layer: layer + 1, token })
      : t("Layer {layer}, head {head}: where {token} looks", { layer: layer + 1, head: head + 1, token });

  /* The maximum that one colour scale for all maps has. */
  const common = () => Math.max(...maps().map(([at, index]) => onPatches(weights(at, index, query()))));

  const maps = () => {
    const heads = [MEAN, ...Array(shown.model.num_heads).keys()];
    return [...Array(shown.model.depth).keys()].flatMap((at) => heads.map((index) => [at, index]));
  };

  /* ---- the large map ---- */
  const buildCells = ({ grid_size: side, patch_size: size, num_patches: count }) => {
    find("svg").replaceChildren(
      ...Array.from({ length: count }, (_, index) =>
        svg("rect", {
          x: (index % side) * size,
          y: Math.floor(index / side) * size,
          width: size,
          height: size,
          tabindex: index ? -1 : 0,
          role: "button",
          "data-token": index + 1,
        }),
      ),
    );
  };

  const showLarge = (most) => {
    const { layer, head } = chosen();
    const row = shownRow(),
      scale = most ?? onPatches(row);
    find(".title").textContent = titleText(layer, head, tokenName(query()));
    for (const cell of find("svg").children) {
      const token = Number(cell.dataset.token),
        share = row[token];
      cell.setAttribute("fill", tint(share, scale));
      cell.setAttribute("class", token === query() ? "query" : "");
      const label = t("{token}: {share} of the attention", { token: tokenName(token), share: percent(share) });
      cell.setAttribute("aria-label", label);
    }
    find(".most").textContent = percent(scale);
    find(".pooled").hidden = query() > 0 || shown.model.pool !== "mean";
    find(".self .label").textContent = query() ? t("attention to cls") : t("attention to itself");
    find(".self .fill").style.transform = `scaleX(${row[0]})`;
    find(".self .share").textContent = percent(row[0]);
    find(".release").disabled = !pinned();
    find(".inside").disabled = head === MEAN;
  };

  /* ---- the gallery ---- */
  const buildGallery = ({ depth, num_heads: heads }) => {
    const gallery = find(".gallery");
    gallery.style.gridTemplateColumns = `46px repeat(${heads + 1}, minmax(0, 64px))`;
    const titles = [
      make("span"),
      ...[MEAN, ...Array(heads).keys()].map((index) =>
        make("span", { class: "head" }, index === MEAN ? t("mean") : String(index + 1)),
      ),
    ];
    const rows = Array.from({ length: depth }, (_, at) => [
      make("span", { class: "layer" }, t("layer {layer}", { layer: at + 1 })),
      ...[MEAN, ...Array(heads).keys()].map((index) =>
        make(
          "button",
          { type: "button", "data-layer": at, "data-head": index, "aria-label": mapName(at, index) },
          make("canvas", { "aria-hidden": "true" }),
        ),
      ),
    ]);
    gallery.replaceChildren(...titles, ...rows.flat());
  };

  const showGallery = (most) => {
    for (const button of element.querySelectorAll(".gallery button")) {
      const at = Number(button.dataset.layer),
        index = Number(button.dataset.head);
      thumbnail(button.firstChild, weights(at, index, query()), most);
      button.setAttribute("aria-pressed", at === chosen().layer && index === chosen().head);
    }
  };

  /* The digit with the map over it, in the large map's colours, one pixel a pixel of the model. */
  const thumbnail = (canvas, row, most) => {
    const { grid_size: side, patch_size: size, image_size: pixels } = shown.model,
      scale = most ?? onPatches(row);
    paint(canvas, shown.image.data, pixels);
    const context = canvas.getContext("2d");
    for (let index = 0; index < side * side; index++) {
      context.fillStyle = tint(row[index + 1], scale);
      context.fillRect((index % side) * size, Math.floor(index / side) * size, size, size);
    }
  };

  /* Hovering redraws at most once a frame. */
  const refresh = onceAFrame(() => {
    if (!shown) return;
    const most = find(".same input").checked ? common() : undefined;
    showLarge(most);
    showGallery(most);
  });

  /* ---- looking from another token ---- */
  const over = (event) => event.target.closest?.("rect");
  const hover = (token) => {
    if (hovered !== token) {
      hovered = token;
      refresh();
    }
  };
  const grid = find("svg");
  grid.addEventListener("pointerover", (event) => {
    if (over(event)) hover(Number(over(event).dataset.token));
  });
  grid.addEventListener("pointerleave", () => hover(null));
  grid.addEventListener("focusin", (event) => hover(Number(event.target.dataset.token)));
  grid.addEventListener("focusout", () => hover(null));
  const pin = (token) => {
    hovered = null;
    choose({ token: pinned() === token ? 0 : token });
  };
  grid.addEventListener("click", (event) => {
    if (over(event)) pin(Number(over(event).dataset.token));
  });
  rove(grid, "rect", () => shown?.model.grid_size);
  find(".release").addEventListener("click", () => pin(0));
  find(".inside").addEventListener("click", () => open("inside"));
  find(".same input").addEventListener("change", refresh);
  find(".gallery").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    choose({ layer: Number(button.dataset.layer), head: Number(button.dataset.head) });
  });

  /* ---- the figure ---- */
  const ofHead = (index) => (index === MEAN ? "mean" : index + 1);
  saves(element, {
    ready: () => shown,
    name: () => {
      const { layer, head } = chosen(),
        token = query() ? `patch-${query()}` : "cls",
        ofHeads = head === MEAN ? "mean-of-the-heads" : `head-${head + 1}`;
      return `attention-${token}-layer-${layer + 1}-${ofHeads}`;
    },
    picture: () => attentionFigure(element, { ...shown, query: query(), row: shownRow() }),
    data: () =>
      attentionTable(
        maps(),
        { ofHead, weights: (at, index) => weights(at, index, query()), query: query() },
        shown.model,
      ),
  });

  on("nothing", () => {
    shown = null;
    find(".title").textContent = t("Draw a digit first");
    find(".self .share").textContent = find(".most").textContent = "–";
    find(".self .fill").style.transform = "scaleX(0)";
    for (const cell of grid.children) cell.setAttribute("fill", "transparent");
    for (const canvas of element.querySelectorAll("canvas")) paint(canvas, [0], 1);
  });

  const layOut = (model) => {
    hovered = null;
    drawn = modelKey(model);
    buildCells(model);
    buildGallery(model);
  };

  on("chosen", refresh);

  on("reading", (answer) => {
    const { model, image } = answer;
    shown = { model, image, rows: unpack(answer.whole ? answer.attention : answer.cls) };
    if (drawn !== modelKey(model)) layOut(model);
    paint(find(".frame canvas"), image.data, model.image_size);
    refresh();
  });
};
