/* The answer of tab "Why": the maps' colours, the values and the scores, in the page. */
import { unpack } from "../../web/arrays.js";
import { called, oneOf } from "../../web/class_names.js";
import { make } from "../../web/dom.js";
import { place } from "../../web/grid.js";
import { t } from "../../web/language.js";
import { decimals, gapText, milliseconds, onePassText, scoreText, signed, sumText, worth } from "./numbers.js";
import { marksWhilePointed } from "./pointing.js";
import { sentences } from "./sets.js";
import { summarySentences } from "./summary.js";

/* The card of one approximate method. */
export const card = ({ key, title, claim, asks }) =>
  make(
    "div",
    { class: "card", "data-card": key },
    make("h4", {}, t(title)),
    make("div", { class: "map", "data-map": `card-${key}` }),
    make("p", {}, make("span", { class: "score" }), " · ", make("span", { class: "cost" })),
    make("p", {}, [t(claim), ...(asks ? [] : [t("The same for every digit.")])].join(" ")),
    ...(key === "integrated_gradients" ? [make("p", { class: "gap" })] : []),
  );

/* Show the approximate maps and return their values by the methods' keys. */
export const showQuick = (find, maps, { maps: packed, gap }) => {
  const quick = Object.fromEntries(Object.entries(packed).map(([key, { map }]) => [key, unpack(map).data]));
  for (const [key, values] of Object.entries(quick)) {
    maps.colour(`card-${key}`, values);
    find(`[data-card="${key}"] .cost`).textContent = milliseconds(packed[key].ms);
  }
  maps.colour("attention", quick.attention);
  find(".gap").textContent = gapText(quick.integrated_gradients, gap);
  return quick;
};

/* Unpack an answer about all patches; see `Answer` in numbers.js. */
export const unpackAnswer = (packed) => ({
  ...packed,
  map: unpack(packed.values).data,
  errors: packed.error_bars ? unpack(packed.error_bars).data : null,
});

export const showExactMap = (maps, model, answer) => {
  maps.colour("exact", answer.map);
  maps.write(model, answer.map, {
    label: (patch) =>
      t("{place}: {value} log-odds", { place: place(patch + 1, model.grid_size), value: worth(answer, patch) }),
    number: (patch) => signed(answer.map[patch], decimals(answer)),
  });
  maps.outline(model, answer.summary);
};

/* Show the values that an explainer predicts in one pass, until the estimate is there. */
export const showOnePass = (find, maps, model, { one_pass: { values, ms, error }, predicted }, digit) => {
  const map = unpack(values).data;
  maps.colour("exact", map);
  maps.write(model, map, {
    label: (patch) =>
      t("{place}: {value} log-odds", { place: place(patch + 1, model.grid_size), value: signed(map[patch], 2) }),
    number: (patch) => signed(map[patch], 2),
  });
  maps.outline(model, { attention: null, value: null });
  find(".title").textContent =
    digit === predicted
      ? t("What made it {digit} (predicted)", { digit: oneOf(digit) })
      : t("What supports {digit} (predicted)", { digit: oneOf(digit) });
  find(".sum").textContent = onePassText({ ms, error });
  find(".answer").classList.add("one-pass");
};

const titleText = ({ predicted, exact }, digit) => {
  const values = { digit: oneOf(digit) };
  if (digit === predicted)
    return exact ? t("What made it {digit}", values) : t("What made it {digit} (estimated)", values);
  return exact ? t("What supports {digit}", values) : t("What supports {digit} (estimated)", values);
};

/* Show in words what the answer about a drawing that `model` reads says about class `digit`; `methods` have the
   claims. */
export const showWords = (find, methods, answer, digit, model) => {
  find(".title").textContent = titleText(answer, digit);
  find(".claim").textContent = t(methods.find(({ mask_mode: maskMode }) => maskMode === answer.mask_mode).claim);
  find(".sum").textContent = sumText(answer);
  find(".scored").hidden = !answer.exact;
  find(".unscored").hidden = answer.exact;
  find(".many").textContent = answer.maskable.length;
  const [first, ...rest] = summarySentences(answer.summary, model);
  find(".summary").replaceChildren(first, ...rest.map((more) => make("span", { class: "agreement" }, ` ${more}`)));
  for (const [key, score] of Object.entries(answer.scores)) {
    const { text, title } = scoreText(score);
    Object.assign(find(`[data-card="${key}"] .score`), { textContent: text, title });
  }
};

/* List the decisive sets of patches; `mark` marks those of the sentence that is pointed at. */
export const showSets = (holder, { sets, mask_mode: maskMode }, { digit, places, mark }) => {
  const all = sets ? sentences(sets, called(digit), maskMode) : [];
  holder.replaceChildren(
    ...all.map(({ patches, text }) => {
      if (!patches.length) return make("li", {}, text);
      const button = make("button", { type: "button", title: places(patches) }, text);
      marksWhilePointed(button, patches, mark);
      return make("li", {}, button);
    }),
  );
};
