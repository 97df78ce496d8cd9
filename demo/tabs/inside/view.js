import { here } from "../../web/answers/here.js";
import { on } from "../../web/bus.js";
import { make, onceAFrame } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { whenInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { modelKey } from "../../web/model_key.js";
import { saves } from "../../web/save.js";
import { choose, chosen, MEAN } from "../../web/selection.js";
import { call, failureText, newest } from "../../web/server.js";
import { calculate, restore } from "./calculation.js";
import { buildQueryMap, frameTokens, showShares } from "./map.js";
import { buildMatch, showMatch } from "./match.js";
import { LEGIBLE, tokenName } from "./numbers.js";
import { followPointer } from "./pointing.js";
import { outputText, projectionText, scoresText } from "./sentences.js";
import { insideFigure, insideTable } from "./sheet.js";
import { buildTables, showTables } from "./tables.js";

const ROOMY = 25; // pixels: in a narrower cell the number is small

/* Radio buttons for `count` layers or heads, `kind`; `label(n)` names one, and `change(index)` is what it chooses. */
const radios = (holder, count, kind, label, change) =>
  holder.replaceChildren(
    ...Array.from({ length: count }, (_, index) => {
      const input = make("input", {
        type: "radio",
        name: `inkling-inside-${kind}`,
        value: index,
        "aria-label": label(index + 1),
      });
      input.addEventListener("change", () => choose(change(index)));
      return make("label", {}, input, make("span", {}, String(index + 1)));
    }),
  );

const check = (inputs, index) => {
  for (const input of inputs) input.checked = Number(input.value) === index;
};

export const mount = ({ element, server }) => {
  const askNumbers = here("tabs/inside", "numbers", server.numbers);
  const find = (selector) => element.querySelector(selector);
  const all = (selector) => element.querySelectorAll(selector);
  const say = (text) => {
    find(".message").textContent = text;
  };
  const state = { reading: null, vectors: null, calculation: null, pointed: null, pinned: null, feature: null };
  let drawnModel = ""; // the key of the one that the tables are built for

  /* ---- what is shown ---- */
  const layOut = (model) => {
    const width = model.embed_dim / model.num_heads;
    drawnModel = modelKey(model);
    Object.assign(state, { pointed: null, pinned: null, feature: null });
    const layerLabel = (n) => t("Layer {layer}", { layer: n }),
      headLabel = (n) => t("Head {head}", { head: n });
    radios(find(".layers"), model.depth, "layer", layerLabel, (layer) => ({ layer }));
    radios(find(".heads"), model.num_heads, "head", headLabel, (head) => ({ head }));
    buildTables(find, model.num_tokens, width);
    buildMatch(find(".strips"), width);
  };

  const showWords = () => {
    const { calculation } = state,
      token = tokenName(calculation.query);
    find(".asks").textContent = t("The query of {token}", { token });
    find(".mean").textContent =
      chosen().head === MEAN ? t("No single head is chosen in the other tabs, so this is head 1.") : "";
    find(".scores").textContent = scoresText(calculation);
    find(".taken").textContent = t("The output for {token}: the values of all tokens, weighted by their shares", {
      token,
    });
    find(".after").textContent = projectionText(calculation, state.reading.model);
    check(all(".layers input"), calculation.layer);
    check(all(".heads input"), calculation.head);
  };

  const markCells = (order, token) => {
    for (const row of all("tbody tr")) {
      const lit = Number(row.dataset.key) === token && "key" in row.dataset,
        first = row === row.parentNode.firstChild;
      row.classList.toggle("lit", lit);
      row.firstChild.tabIndex = lit || (first && !order.includes(token)) ? 0 : -1;
    }
    for (const cell of all(".lit[data-feature]")) cell.classList.remove("lit");
    if (state.feature !== null) for (const cell of all(`[data-feature="${state.feature}"]`)) cell.classList.add("lit");
  };

  /* The key and the feature under the pointer light up in the digit, the tables and the match. */
  const mark = () => {
    const { calculation, pointed, pinned, feature } = state;
    if (!calculation) return;
    const token = pointed ?? pinned ?? calculation.order[0];
    markCells(calculation.order, token);
    find(".cls").classList.toggle("lit", !token);
    find(".cls").classList.toggle("asking", !calculation.query);
    frameTokens(find(".map"), state.reading.model, calculation.query, token);
    showMatch(element, calculation, token, feature);
    find(".mixture").textContent = outputText(calculation, feature);
  };

  const refresh = onceAFrame(() => {
    if (!state.reading || !state.vectors) return;
    const { layer, head, token } = chosen(),
      side = state.reading.model.grid_size,
      calculation = calculate(state.vectors, { layer, head: head === MEAN ? 0 : head, query: token ?? 0 });
    state.calculation = calculation;
    if (state.pinned !== null && state.pinned >= calculation.shares.length) state.pinned = null;
    showShares(find(".map"), calculation, side);
    find(".cls .share").textContent = percent(calculation.shares[0]);
    showTables(find, calculation, side);
    showWords();
    mark();
  });
  followPointer(element, state, mark);

  /* ---- one question for each drawing, while the view is in sight ---- */
  const question = newest();
  const { ask } = whenInSight(element, async () => {
    if (!state.reading) return;
    const current = question.next();
    find(".answer").setAttribute("aria-busy", "true");
    try {
      const answer = await call(askNumbers, state.reading.source);
      if (!current()) return;
      if (answer.error) return say(answer.error);
      state.vectors = restore(answer);
      say("");
      refresh();
      find(".answer").setAttribute("aria-busy", "false");
    } catch (error) {
      if (current()) say(failureText(error));
    }
  });

  saves(element, {
    ready: () => state.calculation,
    name: () => `inside-layer${state.calculation.layer + 1}-head${state.calculation.head + 1}`,
    picture: () => {
      const { model } = state.reading,
        sentences = [find(".scores").textContent];
      return insideFigure(state.calculation, { map: find(".map svg"), side: model.grid_size, sentences, model });
    },
    data: () => insideTable(state.calculation),
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    question.cancel();
    Object.assign(state, { reading: null, vectors: null, calculation: null });
    find(".answer").setAttribute("aria-busy", "true");
    find(".asks").textContent = t("Draw a digit first");
    find(".map").replaceChildren();
    find(".mean").textContent = find(".message").textContent = "";
    element.classList.add("empty");
  });

  on("reading", (reading) => {
    if (!reading.whole) return;
    const { model, image } = reading;
    if (drawnModel !== modelKey(model)) layOut(model);
    Object.assign(state, { reading, vectors: null, calculation: null, pointed: null });
    element.classList.remove("empty");
    find(".asks").textContent = "";
    buildQueryMap(find(".map"), model, image);
    ask();
  });

  on("chosen", () => {
    if (state.vectors) refresh();
  });

  new ResizeObserver(() => {
    const cell = find(".keys td[data-feature]");
    if (!cell?.clientWidth) return;
    element.classList.toggle("bare", cell.clientWidth < LEGIBLE);
    element.classList.toggle("tight", cell.clientWidth < ROOMY);
  }).observe(find(".scroll"));
};
