/* The outcome of a lesson: the probabilities of the drawing, and the test digits that were forgotten or gained. */
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { forgettingText, sampleText, stepsText } from "./words.js";

const probabilityBars = (holder) => {
  const bars = Array.from({ length: 10 }, (_, digit) => {
    const [was, is] = ["was", "is"].map((name) => make("div", { class: `fill ${name}` })),
      [then, now] = ["then", "now"].map((name) => make("span", { class: name }));
    const row = make(
      "li",
      { "data-digit": digit },
      make("span", {}, String(digit)),
      make("div", { class: "track" }, was, is),
      then,
      make("span", { "aria-hidden": "true" }, "→"),
      now,
    );
    holder.append(row);
    return { row, was, is, then, now };
  });
  return (before, after) =>
    bars.forEach((bar, digit) => {
      bar.was.style.transform = `scaleX(${before[digit]})`;
      bar.is.style.transform = `scaleX(${after[digit]})`;
      bar.then.textContent = percent(before[digit]);
      bar.now.textContent = percent(after[digit]);
      bar.row.classList.toggle("best", digit === argmax(after));
    });
};

const summaryText = (before, after, label) => {
  const [was, now] = [argmax(before), argmax(after)],
    values = { was, now, share: percent(after[now]) };
  if (was !== now) return t("It was read as {was}, now as {now} ({share} sure)", values);
  return now === label
    ? t("It was and is read as {now}, now {share} sure", values)
    : t("It is still read as {now}", values);
};

/* The test digits that changed between right and wrong, each with what it was and is read as. */
const changedDigits = async ({ sheet, columns, changed }) => {
  const image = new Image();
  if (sheet) {
    image.src = `data:image/png;base64,${sheet}`;
    await image.decode();
  }
  return changed.map(([written, was, now], index) => {
    const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" }),
      wrong = now !== written,
      [x, y] = [(index % columns) * 28, Math.floor(index / columns) * 28];
    canvas.getContext("2d").drawImage(image, x, y, 28, 28, 0, 0, 28, 28);
    const words = wrong ? t("✗ is {digit}", { digit: written }) : t("✓ right"),
      caption = make("figcaption", {}, `${was} → ${now}`, make("br"), words);
    return make("figure", { class: wrong ? "forgotten" : "gained" }, canvas, caption);
  });
};

/* The section about the last lesson; `nameOf(token)` names a model, `drawing()` gives the probabilities of its
   drawing, null before the first lesson. */
export const outcome = (find, nameOf) => {
  const showBars = probabilityBars(find(".bars"));
  let drawing = null;
  return {
    drawing: () => drawing,
    hide: () => {
      find(".outcome").hidden = true;
    },
    /* Show the result of a lesson of `corrections`, with the drawing of the one at `at`. */
    show: async (result, corrections, at) => {
      const { before, after } = result.drawings[at];
      drawing = { before, after };
      find(".outcome").hidden = false;
      showBars(before, after);
      find(".summary").textContent = summaryText(before, after, corrections[at].label);
      find(".steps").textContent = stepsText(result, corrections);
      find(".forgetting").textContent = forgettingText(result.test, nameOf(result.start) ?? t("your model"));
      find(".sample").textContent = sampleText(result.test);
      find(".changed").replaceChildren(...(await changedDigits(result.test)));
    },
  };
};
