import { here } from "../../web/answers/here.js";
import { unpack } from "../../web/arrays.js";
import { on, tell } from "../../web/bus.js";
import { called, eachClass } from "../../web/class_names.js";
import { make, onceAFrame, paint } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { isInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { saves } from "../../web/save.js";
import { choose, chosen } from "../../web/selection.js";
import { call, failureText } from "../../web/server.js";
import { dotUnderPointer } from "./dot.js";
import { layerSlider } from "./layer_slider.js";
import { patchMaps } from "./patch_maps.js";
import {
  nearest,
  nearestInWords,
  originInWords,
  predictionInWords,
  tokenPredictionInWords,
  trustInWords,
} from "./sentences.js";
import { layersFigure, layersTable } from "./sheet.js";
import { newShown } from "./shown.js";
import { tokenMap } from "./token_map.js";

const SLOW = 800; // milliseconds after which the page says what takes its time

export const mount = ({ element, server }) => {
  const askLens = here("tabs/layers", "lens", server.lens);
  const find = (selector) => element.querySelector(selector);
  const shown = newShown();
  let layer = null,
    version = 0,
    stale = true;

  const drawnMap = tokenMap(find(".token-map"), shown);
  const dot = dotUnderPointer(element, shown, drawnMap, server);

  const hover = (token) => {
    if (shown.hovered !== token && shown.probs) {
      shown.hovered = token;
      refresh();
    }
  };
  const pin = (token) => {
    if (!shown.probs) return;
    shown.hovered = null;
    choose({ token: chosen().token === token ? null : token });
  };
  const maps = patchMaps(element, shown, { hover, pin });
  find(".release").addEventListener("click", () => pin(null));

  /* ---- the class whose probability is asked for ---- */
  eachClass(find(".digits"), (digit, name) => {
    const label = t("Probability of {digit} for each patch", { digit: name }),
      input = make("input", { type: "radio", name: "inkling-layers", value: digit, "aria-label": label });
    input.addEventListener("change", () => {
      if (shown.reading) choose({ digit: digit === shown.reading.digit ? null : digit });
    });
    return { node: make("label", {}, input, make("span", {}, name)) };
  });

  const showDigit = () => {
    find(".asked").textContent = t("Probability of {digit} for each patch", { digit: called(shown.digit) });
    for (const input of element.querySelectorAll(".digits input")) input.checked = Number(input.value) === shown.digit;
  };

  /* ---- one token's bars, one a class ---- */
  const bars = eachClass(find(".bars"), (_digit, name) => {
    const fill = make("div", { class: "fill" }),
      share = make("span", { class: "share" });
    return { node: make("li", {}, make("span", {}, name), make("div", { class: "track" }, fill), share), fill, share };
  });

  const showBars = () => {
    const probs = shown.row(shown.token),
      best = argmax(probs);
    find(".who").textContent = tokenPredictionInWords(
      called(best),
      shown.token ? shown.name(shown.token) : null,
      shown.reading.model.pool,
    );
    find(".release").disabled = !chosen().token;
    bars.forEach(({ node, fill, share }, digit) => {
      fill.style.transform = `scaleX(${probs[digit]})`;
      share.textContent = percent(probs[digit]);
      node.classList.toggle("best", digit === best);
    });
  };

  /* ---- sentences about the whole ---- */
  const showSummary = () => {
    const probs = shown.row(0),
      best = argmax(probs),
      count = shown.reading.model.num_patches;
    const agree = Array.from({ length: count }, (_, patch) => argmax(shown.row(patch + 1))).filter(
      (digit) => digit === best,
    ).length;
    find(".summary").textContent = predictionInWords(shown.step, agree, {
      ...{ when: shown.when, reader: shown.reader, digit: called(best), share: percent(probs[best]), count },
    });
  };

  const showTrust = () => {
    const spots = [...shown.map.labels.keys()].map((index) => drawnMap.spot(index)),
      near = nearest(shown.map.labels, spots, drawnMap.spot(null), shown.map.figures.neighbours);
    find(".here").textContent = nearestInWords(shown.step, shown.when, near);
    find(".trust").textContent = trustInWords(shown.step, shown.map.figures, shown.reading.model.embed_dim);
    find(".about").textContent = originInWords(shown.map);
  };

  /* ---- the slider over the layers ---- */
  const show = () => {
    if (!shown.probs) return;
    maps.show();
    showDigit();
    showBars();
    showSummary();
    drawnMap.show();
    showTrust();
    slider.show();
  };

  const refresh = onceAFrame(show);

  /* All tabs show the layer at which the slider has come to rest. */
  const rested = () => {
    layer = shown.step ? shown.step - 1 : chosen().layer;
    if (layer !== chosen().layer) choose({ layer });
    tell("did", { what: "layer_shown", layer: shown.step, last: shown.step === shown.depth });
  };

  const slider = layerSlider(element, shown, { refresh, rested });

  /* ---- asking: one request for each drawing; an answer to an older one is dropped ---- */
  const say = (text) => {
    find(".message").textContent = text;
  };

  const ask = async () => {
    stale = !isInSight(element);
    if (stale || !shown.reading) return;
    const asking = ++version;
    element.setAttribute("aria-busy", "true");
    const slow = setTimeout(() => {
      if (asking === version) say(t("Making a map for this model. It takes some seconds, once."));
    }, SLOW);
    try {
      const answer = await call(askLens, { ...shown.reading.source, known: shown.map?.name });
      if (asking !== version) return;
      if (answer.error) return say(answer.error);
      say("");
      accept(answer);
      await dot.fetchPictures();
    } catch (error) {
      if (asking === version) say(failureText(error));
    } finally {
      clearTimeout(slow);
      if (asking === version) element.setAttribute("aria-busy", "false");
    }
  };

  const accept = (answer) => {
    if (answer.token_map)
      shown.map = { ...answer.token_map, name: answer.name, points: unpack(answer.token_map.points) };
    [shown.probs, shown.path] = [unpack(answer.probs), unpack(answer.path)];
    find(".content").hidden = false;
    find(".pooled").hidden = shown.reading.model.pool !== "mean";
    maps.layOut();
    drawnMap.layOut();
    slider.layOut();
    const canvas = document.createElement("canvas");
    paint(canvas, shown.reading.image.data, shown.reading.model.image_size);
    drawnMap.showDrawing(canvas.toDataURL());
    shown.position = Math.min(shown.position, shown.depth);
    show();
  };

  /* ---- the file ---- */
  saves(element, {
    ready: () => shown.probs,
    name: () => `layers-${shown.digit}-layer-${shown.step}`,
    picture: () => layersFigure(element, shown.row(shown.token), shown.reading.model),
    data: () => layersTable(shown.probs, shown.path, shown.reading.model),
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    version++;
    slider.stop();
    shown.reading = shown.probs = shown.path = null;
    find(".content").hidden = true;
    find(".summary").textContent = t("Draw a digit first");
    say("");
    element.setAttribute("aria-busy", "false");
  });

  on("reading", (reading) => {
    if (!reading.whole) return;
    slider.stop();
    shown.reading = reading;
    shown.probs = shown.path = shown.hovered = null;
    layer = chosen().layer;
    shown.position = layer + 1;
    stale = true;
    ask();
  });

  on("chosen", (selection) => {
    if (!shown.probs) return;
    if (selection.layer !== layer) {
      slider.stop();
      layer = selection.layer;
      shown.position = layer + 1;
    }
    refresh();
  });

  new IntersectionObserver(() => {
    if (stale) ask();
  }).observe(element);
};
