import { on } from "../../../web/bus.js";
import { make, onceAFrame } from "../../../web/dom.js";
import { plain } from "../../../web/format.js";
import { t } from "../../../web/language.js";
import { saves } from "../../../web/save.js";
import { setText } from "../training.js";
import { beforeAndAfter } from "./bars.js";
import { drawChart, moveCursor, rateAt } from "./chart.js";
import { showParts, visibleParts } from "./parts.js";
import { questions } from "./question.js";
import { drawSheet, stepTable } from "./sheet.js";
import { detail, headline, number, sumOfParts } from "./words.js";

const FIRST_RATE = { sgd: 0.1, adam: 0.003 }; // where the slider starts

/* The index of the rate that is nearest to `rate` on a logarithmic scale. */
const nearest = (rates, rate) => {
  const distance = (index) => Math.abs(Math.log(rates[index] / rate));
  return rates.reduce((best, _, index) => (distance(index) < distance(best) ? index : best), 0);
};

export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  element.style.setProperty("--read", JSON.stringify(t("read"))); // below the class that the model reads
  const open = new Set(); // layers that are unfolded
  let reading = null, // of the page
    effect = null, // of the next step: the server's answer
    index = 0; // of the chosen learning rate
  let label = null, // the right digit, null for the one that was read
    optimizer = "sgd",
    steps = [], // already taken on the copy
    inSight = false;

  const say = (text) => setText(find(".message"), text);
  const names = () => effect.before.probs.map((_, digit) => reading?.model.names?.[digit] ?? String(digit));
  const currentHeadline = () => headline(effect, index, names(), steps.length);
  const setBusy = (busy) => {
    for (const selector of [".columns", ".who"]) find(selector).setAttribute("aria-busy", busy);
  };
  const reveal = (visible) => {
    for (const part of element.querySelectorAll('[data-when="effect"]')) part.hidden = !visible;
  };

  /* ---- the effect of the step ---- */
  const showBars = beforeAndAfter(find(".bars"));

  const show = (answer) => {
    const otherRates = effect?.rates.join() !== answer.rates.join();
    effect = answer;
    if (otherRates) index = nearest(effect.rates, FIRST_RATE[optimizer]);
    reveal(true);
    say("");
    showDigits();
    showSteps();
    drawChart(find(".chart"), effect);
    find(".rate").max = effect.rates.length - 1;
    showRate();
  };

  /* All that depends on the rate; moving it asks the server for nothing. */
  const showRate = () => {
    const { loss } = effect.after[index];
    find(".rate").value = index;
    find(".rate").setAttribute(
      "aria-valuetext",
      t("learning rate {rate}, loss {loss}", { rate: plain(effect.rates[index]), loss: number(loss, 3) }),
    );
    showBars(effect, index, names());
    setText(find(".summary"), currentHeadline());
    setText(find(".detail"), detail(effect, index));
    moveCursor(find(".chart"), effect, index);
    showTable();
  };

  const showTable = () => {
    showParts(find(".parts"), find(".scale"), effect, index, open);
    find(".sum").textContent = sumOfParts(effect, index);
  };

  const { ask, start, isNewest } = questions(server.look, {
    answered: (answer) => {
      setBusy(false);
      show(answer);
    },
    failed: (error) => {
      setBusy(false);
      if (!effect) setText(find(".summary"), "");
      say(error);
    },
    waiting: () => {
      setBusy(true);
      if (!effect) setText(find(".summary"), t("The first step is computed …"));
    },
  });
  const askNow = () => {
    if (reading && inSight) ask({ label, optimizer, steps });
  };

  /* ---- what the visitor chooses ---- */
  const digitChoice = (name, digit) => {
    const input = make("input", { type: "radio", name: "inkling-gradient-step-digit", value: digit });
    input.addEventListener("change", () => {
      label = digit;
      askNow();
    });
    return make("label", {}, input, make("span", {}, name));
  };

  const showDigits = () => {
    if (find(".digits").textContent !== names().join("")) find(".digits").replaceChildren(...names().map(digitChoice));
    for (const [digit, choice] of [...find(".digits").children].entries()) {
      choice.classList.toggle("read", digit === effect.digit);
      choice.firstChild.checked = digit === effect.label;
    }
  };

  const showSteps = () => {
    for (const name of ["undo", "reset"]) find(`[data-do="${name}"]`).disabled = !steps.length;
    find('[data-do="take"]').disabled = steps.length >= props.max_steps;
    const count = t("{n} of at most {most} steps taken on the copy", {
      n: steps.length,
      most: props.max_steps,
    });
    setText(find(".taken"), steps.length ? count : t("No step taken yet"));
  };

  /* While an answer is on its way, the shown step is not the one that a press would take. */
  const takeStep = () => {
    if (!isNewest(effect)) return;
    if (effect.after[index].loss === null) return say(t("After such a step the model would give no numbers."));
    steps = [...steps, { label: effect.label, lr: effect.rates[index], optimizer }];
    askNow();
  };
  const goBack = (earlier) => {
    if (!effect) return;
    steps = earlier;
    askNow();
  };
  find('[data-do="take"]').addEventListener("click", takeStep);
  find('[data-do="undo"]').addEventListener("click", () => goBack(steps.slice(0, -1)));
  find('[data-do="reset"]').addEventListener("click", () => goBack([]));

  for (const input of element.querySelectorAll(".ways input"))
    input.addEventListener("change", () => {
      optimizer = input.value;
      askNow();
    });

  const showRateSoon = onceAFrame(() => {
    if (effect) showRate();
  });
  const chooseRate = (chosen) => {
    if (!effect || chosen === index || !effect.after[chosen]) return;
    index = chosen;
    showRateSoon();
  };
  find(".rate").addEventListener("input", () => chooseRate(Number(find(".rate").value)));
  for (const type of ["pointerdown", "pointermove"])
    find(".chart").addEventListener(type, (event) => {
      if (!effect || (event.type === "pointermove" && !event.buttons)) return;
      chooseRate(rateAt(find(".chart"), effect, event.clientX));
    });

  find(".parts").addEventListener("click", (event) => {
    const block = event.target.closest("[data-block]")?.dataset.block;
    if (block === undefined) return;
    if (!open.delete(Number(block))) open.add(Number(block));
    showTable();
  });

  saves(element, {
    ready: () => effect,
    name: () => `one-step-${names()[effect.label]}`,
    picture: () =>
      drawSheet(find(".chart svg"), effect, index, {
        names: names(),
        headline: currentHeadline(),
        parts: visibleParts(effect.parts, open),
        style: getComputedStyle(element),
        model: reading?.model,
      }),
    data: () => stepTable(effect, names()),
  });

  /* ---- what the page sends: each drawing and each model resets the steps ---- */
  const reset = (latest) => {
    reading = latest;
    label = null;
    steps = [];
    start(reading?.source ?? null);
  };

  on("nothing", () => {
    reset(null);
    effect = null;
    reveal(false);
    setBusy(false);
    setText(find(".summary"), t("Draw a digit first."));
  });

  on("reading", (latest) => {
    if (!latest.whole) return;
    reset(latest);
    askNow();
  });

  new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    if (inSight && !isNewest(effect)) askNow();
  }).observe(element);
};
