/* The classes of the model that reads: their names, and rows for them. */
import { on } from "./bus.js";
import { language, t } from "./language.js";
import { readingModel } from "./selection.js";

/* What the model that reads calls a class, alone and after "for": 7, an 8, Sneaker. Other languages than English have
   the name alone in both places. */
const DIGITS = [..."0123456789"];

export const called = (digit) => (readingModel()?.names ?? DIGITS)[digit];

export const oneOf = (digit) =>
  language === "en" && DIGITS.includes(called(digit))
    ? `${called(digit) === "8" ? "an" : "a"} ${called(digit)}`
    : called(digit);

/* Whether the classes are the ten digits, which some views need. */
export const readsTheDigits = () => (readingModel()?.names ?? DIGITS).join() === DIGITS.join();

/* What is said of a drawing that looks like none of the classes, and what its probabilities are worth then. */
const ofDigits = () => (readingModel()?.names ?? DIGITS).every((name) => DIGITS.includes(name));

export const doubtful = (digit) =>
  ofDigits()
    ? t("Probably not a digit; closest: {digit}", { digit: called(digit) })
    : t("Probably none of its classes; closest: {digit}", { digit: called(digit) });

export const ifItIs = () => (ofDigits() ? t("if it is a digit") : t("if it is one of them"));

/* Whose attention leads to the answer, to begin "in the last layer". */
export const looker = () => (readingModel()?.pool === "mean" ? t("all patches, on average, look") : t("cls looks"));

/* Rows for the classes, as `build(digit, name)` makes them with a `node`, in `holder`; built again for other classes.
 */
export const eachClass = (holder, build) => {
  const rows = [];
  let shown = "";
  const rebuild = ({ model: { names } }) => {
    if (names.join() === shown) return;
    shown = names.join();
    rows.splice(0, rows.length, ...names.map((name, digit) => build(digit, name)));
    holder.replaceChildren(...rows.map(({ node }) => node));
    holder.classList.toggle("many", names.length > 12);
    holder.classList.toggle(
      "worded",
      names.some((name) => name.length > 1),
    );
    holder.style.setProperty("--longest", `${Math.max(...names.map((name) => name.length)) * 0.58}em`);
  };
  rebuild({ model: { names: DIGITS } });
  on("reading", rebuild);
  return rows;
};
