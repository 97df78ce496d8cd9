import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { called, doubtful, eachClass, ifItIs } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { showAnswer } from "./answer.js";
import { mostAttended, mostAttendedText } from "./most_attended.js";

export const mount = ({ element }) => {
  const find = (selector) => element.querySelector(selector);

  const rows = eachClass(find("ol"), (digit, name) => {
    const fill = make("div", { class: "fill" }),
      share = make("span", { class: "share" }, "–");
    const node = make(
      "li",
      { "data-digit": digit },
      make("span", { class: "name" }, name),
      make("div", { class: "track" }, fill),
      share,
    );
    return { node, fill, share };
  });

  const show = (probs, best) =>
    rows.forEach(({ node, fill, share }, digit) => {
      fill.style.transform = `scaleX(${probs ? probs[digit] : 0})`;
      share.textContent = probs ? percent(probs[digit]) : "–";
      node.classList.toggle("best", digit === best);
    });

  /* For a drawing that is out of distribution, the bars are hatched and named "if it is a digit". */
  const showDoubt = (now) => {
    find("ol").classList.toggle("doubted", now);
    const named = now
      ? t("Probability of each class, {condition}", { condition: ifItIs() })
      : t("Probability of each class");
    find("ol").setAttribute("aria-label", named);
  };

  /* No digit stands out for an out-of-distribution drawing, such as half a digit. Words wait until the pen lifts; the
     colour does not, but of readings while the pen moves, ten a second, two must agree, so that it does not flicker. */
  const AGREED = 2;
  let doubted = true,
    against = 0;

  const weigh = (inDistribution, whole) => {
    against = inDistribution === doubted ? against + 1 : 0;
    if (!whole && against < AGREED) return;
    doubted = !inDistribution;
    against = 0;
  };

  const say = (summary, more, looks = "") => {
    find(".summary").textContent = summary;
    find("small").textContent = more;
    find(".looks").textContent = looks;
  };

  const showProbs = ({ probs, digit }) => {
    show(probs, doubted ? -1 : digit);
    showAnswer(find(".answer"), doubted ? null : called(digit));
  };
  on("glance", showProbs);
  on("reading", (reading) => {
    const { probs, digit, in_distribution: inDistribution, whole, attention, model } = reading;
    weigh(inDistribution, whole);
    showProbs(reading);
    showDoubt(doubted);
    if (!whole) return;
    const looks = mostAttendedText(mostAttended(unpack(attention), model), model);
    const share = percent(probs[digit]);
    if (doubted) say(doubtful(digit), t("{share} {condition}", { share, condition: ifItIs() }), looks);
    else say(t("Read as {digit}", { digit: called(digit) }), t("{share} sure", { share }), looks);
  });
  const empty = () => {
    weigh(false, true);
    show(null, -1);
    showAnswer(find(".answer"), null);
    showDoubt(false);
    say("", "");
  };
  for (const topic of ["nothing", "cleared"]) on(topic, empty);

  /* What is changed in What if holds there alone, and these bars do not show it. */
  on("edited", ({ what, reset }) => {
    const note = find(".edited");
    note.hidden = !what;
    note.querySelector("span").textContent = t("Changed in What if, and only there: {what}.", { what });
    note.querySelector("button").onclick = reset;
  });
};
