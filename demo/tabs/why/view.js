import { on } from "../../web/bus.js";
import { eachClass, looker } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { isInSight, whenInSight } from "../../web/in_sight.js";
import { saves } from "../../web/save.js";
import { choose, chosen } from "../../web/selection.js";
import { card, showExactMap, showQuick, showSets, showWords, unpackAnswer } from "./answer.js";
import { mapSheet } from "./files.js";
import { patchMaps } from "./maps.js";
import { pointing } from "./pointing.js";
import { questions } from "./questions.js";

const SLOW = 400; // milliseconds after which the page says that it calculates

export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  const state = { reading: null, quick: null, answer: null, maskMode: "erased", digit: null };
  const maps = patchMaps(element);
  const { places, mark } = pointing(element, maps, state);
  const explained = () => chosen().digit ?? state.reading.digit;

  const say = (text) => {
    find(".message").textContent = text;
  };

  const showQuestion = () => {
    for (const [digit, label] of [...find(".digits").children].entries()) {
      label.classList.toggle("predicted", digit === state.reading?.digit);
      label.querySelector("input").checked = Boolean(state.reading) && digit === explained();
    }
  };

  /* ---- questions: an older answer fades until the new one is there ---- */
  let slow = 0;
  const shown = {
    start: (current) => {
      state.answer = null;
      find(".answer").setAttribute("aria-busy", true);
      clearTimeout(slow);
      slow = setTimeout(() => {
        if (current() && state.maskMode === "erased")
          find(".summary").textContent =
            `Calculating what each of the ${state.reading.model.num_patches} patches is worth…`;
      }, SLOW);
    },
    quick: (answer) => {
      state.quick = showQuick(find, maps, answer);
      if (state.maskMode === "unseen") find(".summary").textContent = "Reading with patches missing…";
    },
    values: (packed) => {
      state.answer = unpackAnswer(packed);
      say("");
      showExactMap(maps, state.reading.model, state.answer);
      showWords(find, props.methods, state.answer, explained());
      showSets(find(".sets"), state.answer, { digit: explained(), places, mark });
    },
    error: say,
    progress: ({ done, of }) => {
      find(".progress").hidden = false;
      find(".progress .fill").style.transform = `scaleX(${done / of})`;
      find(".progress .share").textContent = `${done.toLocaleString("en")} of ${of.toLocaleString("en")}`;
    },
    left: () => later(),
    end: () => {
      clearTimeout(slow);
      find(".answer").setAttribute("aria-busy", false);
      find(".progress").hidden = true;
      if (!state.answer) find(".summary").textContent = "";
    },
  };
  const { ask: send, cancel } = questions(server, () => isInSight(element), shown);
  const { ask, later } = whenInSight(element, () => {
    if (state.reading) send({ ...state.reading.source, target: chosen().digit }, state.maskMode);
  });

  /* ---- the page's parts ---- */
  eachClass(find(".digits"), (digit, name) => {
    const input = make("input", { type: "radio", name: "inkling-why", value: digit, "aria-label": `Why ${name}?` });
    input.addEventListener("change", () => choose({ digit: digit === state.reading?.digit ? null : digit }));
    return { node: make("label", {}, input, make("span", {}, name)) };
  });
  for (const input of element.querySelectorAll(".mask-modes input"))
    input.addEventListener("change", () => {
      state.maskMode = input.value;
      ask();
    });
  const quickMethods = props.methods.filter(({ quick }) => quick);
  find(".methods").replaceChildren(...quickMethods.map(card));
  saves(element, {
    ready: () => state.answer,
    first: "Wait for the answer first.",
    name: () => `why-${explained()}-${state.maskMode}`,
    picture: () => {
      const exact = `${explained()}: ${state.answer.exact ? "exact" : "estimated"}, ${state.maskMode}`,
        titles = quickMethods.map(({ key, title }) => [`card-${key}`, title]);
      return mapSheet(maps.holders(), { exact, ...Object.fromEntries(titles) }, state.reading.model.image_size);
    },
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    cancel();
    Object.assign(state, { reading: null, quick: null, answer: null });
    find(".summary").textContent = "Draw a digit first";
    maps.clear();
    for (const part of element.querySelectorAll(".score, .cost, .gap, .claim, .sum, .here, .message"))
      part.textContent = "";
    find(".sets").replaceChildren();
    find(".progress").hidden = true;
    showQuestion();
  });

  on("reading", (reading) => {
    if (!reading.whole) return; // the pen is down: an answer would come too late
    cancel();
    Object.assign(state, { reading, quick: null, answer: null, digit: chosen().digit });
    state.maskMode = "erased"; // what takes seconds needs a click
    find('.mask-modes input[value="erased"]').checked = true;
    find(".looker").textContent = looker();
    maps.layOut(reading);
    mark(null);
    showQuestion();
    ask();
  });

  on("chosen", ({ digit }) => {
    if (!state.reading) return;
    mark(null);
    showQuestion();
    if (digit === state.digit) return;
    state.digit = digit;
    ask();
  });
};
