/* Problems of a training in words, each with a button for the change that may help. */
import { make } from "../../../web/dom.js";
import { plain } from "../../../web/format.js";
import { t } from "../../../web/language.js";
import { sentence } from "../../../web/sentences.js";
import { hasEnded } from "../training.js";

/* A change of settings in words: "lr 0.01, epochs 4". */
const changeWords = (change) =>
  Object.entries(change)
    .map(([name, value]) => `${name} ${plain(Number(value.toPrecision(3)))}`)
    .join(", ");

const findingItem = ({ level, claim, advice, change }, training, act) => {
  const item = make(
      "li",
      { class: level },
      make("p", {}, sentence(claim)),
      make("p", { class: "advice" }, sentence(advice)),
    ),
    running = training.state === "running";
  if (change && (running || hasEnded(training))) {
    const words = changeWords(change);
    const button = make(
      "button",
      { type: "button" },
      running ? t("Do it: {change}", { change: words }) : t("Start again with {change}", { change: words }),
    );
    button.addEventListener("click", () => act(change, running));
    item.append(button);
  }
  return item;
};

/* Show the findings of a training in `list`, built again only if they change; `act(change, running)` follows an
   advice. */
export const findingsList = (list, act) => {
  let shown = "";
  return (training) => {
    const { findings, state } = training,
      now = JSON.stringify([findings, state]);
    if (now === shown) return;
    shown = now;
    list.replaceChildren(...findings.map((finding) => findingItem(finding, training, act)));
  };
};
