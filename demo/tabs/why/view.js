import { on, tell } from "../../web/bus.js";
import { called, eachClass, oneOf } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { isInSight, whenInSight } from "../../web/in_sight.js";
import { grouped, t } from "../../web/language.js";
import { runnerUp } from "../../web/numbers.js";
import { offers, open } from "../../web/route.js";
import { saves } from "../../web/save.js";
import { choose, chosen } from "../../web/selection.js";
import { showAccount } from "./account_part.js";
import { card, showExactMap, showOnePass, showQuick, showSets, showWords, unpackAnswer } from "./answer.js";
import { whyFigure, whyTable } from "./files.js";
import { patchMaps } from "./maps.js";
import { scoreText } from "./numbers.js";
import { pointing } from "./pointing.js";
import { questions } from "./questions.js";
import { looksText } from "./summary.js";

const SLOW = 400; // milliseconds after which the page says that it calculates

/* The title of the exact map in the figure. */
const exactTitle = (name, exact, maskMode) => {
  if (maskMode === "erased")
    return exact ? t("{name}: exact, erased", { name }) : t("{name}: estimated, erased", { name });
  return exact ? t("{name}: exact, unseen", { name }) : t("{name}: estimated, unseen", { name });
};

export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  element.style.setProperty("--read", JSON.stringify(t("read"))); // below the class that the model reads
  const state = { reading: null, quick: null, answer: null, maskMode: "erased", digit: null };
  const maps = patchMaps(element);
  const { places, mark, describeAgain } = pointing(element, maps, state);
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

  /* The values compare the answer with all other classes; the way to one that the drawing nearly is, is shorter. */
  const showContrast = () => {
    const { digit } = state.reading;
    find(".contrast").hidden = explained() !== digit || !offers("smallest_change");
    find(".contrast").textContent = t("Why not {digit}? See the smallest change.", {
      digit: oneOf(runnerUp(state.reading)),
    });
  };
  find(".contrast").addEventListener("click", () => open("smallest_change", { digit: runnerUp(state.reading) }));

  /* ---- questions: an older answer fades until the new one is there ---- */
  let slow = 0;
  const shown = {
    start: (current) => {
      state.answer = null;
      find(".answer").setAttribute("aria-busy", true);
      find(".answer").classList.remove("one-pass");
      describeAgain();
      clearTimeout(slow);
      slow = setTimeout(() => {
        if (current() && state.maskMode === "erased")
          find(".summary").textContent = t("Calculating what each of the {count} patches is worth…", {
            count: state.reading.model.num_patches,
          });
      }, SLOW);
    },
    quick: (answer) => {
      state.quick = showQuick(find, maps, answer);
      describeAgain();
      if (state.maskMode === "unseen") find(".summary").textContent = t("Reading with patches missing…");
    },
    values: (packed) => {
      state.answer = unpackAnswer(packed);
      say("");
      showExactMap(maps, state.reading.model, state.answer);
      find(".looks").textContent = looksText(state.reading.model, state.answer.summary);
      describeAgain();
      showWords(find, props.methods, state.answer, explained(), state.reading.model);
      showSets(find(".sets"), state.answer, { digit: explained(), places, mark });
      showContrast();
      showAccount(find, state.answer, { name: called(explained()), model: state.reading.model, places, mark });
      tell("did", {
        what: "explained",
        answer: state.answer,
        attention: state.quick.attention,
        alone: state.quick.occlusion_erased, // what each patch is worth if it alone is erased
        model: state.reading.model,
      });
    },
    error: say,
    progress: ({ done, of, ...rest }) => {
      if (rest.one_pass && !find(".answer").classList.contains("one-pass"))
        showOnePass(find, maps, state.reading.model, rest, explained());
      find(".progress").hidden = false;
      find(".progress .fill").style.transform = `scaleX(${done / of})`;
      find(".progress .share").textContent = t("{done} of {all}", { done: grouped(done), all: grouped(of) });
    },
    left: () => later(),
    end: () => {
      clearTimeout(slow);
      find(".answer").setAttribute("aria-busy", false);
      find(".answer").classList.remove("one-pass");
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
    const label = t("Why {name}?", { name }),
      input = make("input", { type: "radio", name: "inkling-why", value: digit, "aria-label": label });
    input.addEventListener("change", () => choose({ digit: digit === state.reading?.digit ? null : digit }));
    return { node: make("label", {}, input, make("span", {}, name)) };
  });
  for (const input of element.querySelectorAll(".mask-modes input"))
    input.addEventListener("change", () => {
      choose({ mask_mode: input.value });
    });
  const quickMethods = props.methods.filter(({ quick }) => quick);
  find(".methods").replaceChildren(...quickMethods.map(card));
  saves(element, {
    ready: () => state.answer,
    first: t("Wait for the answer first."),
    name: () => `why-${explained()}-${state.maskMode}`,
    picture: () => whyFigure(find, { cards: cards(), summary: state.answer.summary, model: state.reading.model }),
    data: () => whyTable(state, state.reading.model),
  });
  /* The maps of the figure, the exact values first. */
  const cards = () => {
    const { answer, quick, maskMode } = state,
      holders = maps.holders();
    return [
      {
        title: exactTitle(called(explained()), answer.exact, maskMode),
        holder: holders.exact,
        score: t("Shapley values"),
        values: answer.map,
      },
      ...quickMethods.map(({ key, title }) => ({
        title: t(title),
        holder: holders[`card-${key}`],
        score: scoreText(answer.scores[key]).text,
        values: quick[key],
      })),
    ];
  };

  /* ---- following the page ---- */
  const useMaskMode = (maskMode) => {
    state.maskMode = maskMode;
    find(`.mask-modes input[value="${maskMode}"]`).checked = true;
  };

  on("nothing", () => {
    cancel();
    Object.assign(state, { reading: null, quick: null, answer: null });
    find(".summary").textContent = t("Draw a digit first");
    maps.clear();
    for (const part of element.querySelectorAll(".score, .cost, .gap, .claim, .sum, .here, .message"))
      part.textContent = "";
    find(".sets").replaceChildren();
    find(".contrast").hidden = true;
    showAccount(find, null, {});
    find(".progress").hidden = true;
    showQuestion();
  });

  on("reading", (reading) => {
    if (!reading.whole) return; // the pen is down: an answer would come too late
    cancel();
    Object.assign(state, { reading, quick: null, answer: null, digit: chosen().digit });
    useMaskMode(chosen().mask_mode);
    find(".looks").textContent = looksText(reading.model, null);
    maps.layOut(reading);
    mark(null);
    showQuestion();
    ask();
  });

  on("chosen", ({ digit, mask_mode: maskMode }) => {
    if (!state.reading) return;
    mark(null);
    showQuestion();
    if (digit === state.digit && maskMode === state.maskMode) return;
    state.digit = digit;
    useMaskMode(maskMode);
    ask();
  });
};
