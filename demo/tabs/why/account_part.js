/* The part of tab "Why" with the short account: its sentences, and how much of the whole it explains. */
import { make, svg } from "../../web/dom.js";
import { t } from "../../web/language.js";
import { curveText, endText, noAccountText, startText, termText } from "./account.js";
import { twoDecimals } from "./numbers.js";
import { marksWhilePointed } from "./pointing.js";

const WIDTH = 230,
  HEIGHT = 132,
  SIDE = 22, // margins left and right
  TOP = 22,
  BOTTOM = 34;
const COLOURS = { plus: "#ef7d1a", minus: "#2f7de1" };

/* The grid of patches as a small picture: those of a term are filled. */
const smallGrid = ({ patches, value }, { grid_size: side }) =>
  svg(
    "svg",
    { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" },
    ...Array.from({ length: side * side }, (_, patch) =>
      svg("rect", {
        x: (patch % side) + 0.06,
        y: Math.floor(patch / side) + 0.06,
        width: 0.88,
        height: 0.88,
        ...(patches.includes(patch)
          ? { fill: value < 0 ? COLOURS.minus : COLOURS.plus }
          : { fill: "currentColor", "fill-opacity": 0.14 }),
      }),
    ),
  );

const sentence = (term, model, { places, mark }) => {
  const button = make(
    "button",
    { type: "button", title: places(term.patches) },
    smallGrid(term, model),
    make("span", {}, termText(term, model.grid_size)),
  );
  marksWhilePointed(button, term.patches, mark);
  return make("li", {}, button);
};

/* Its edge, in the page's colour, is clear of the line. */
const EDGE = { stroke: "var(--background-fill-primary)", "stroke-width": 3, "paint-order": "stroke" };
const label = (x, y, text) =>
  svg("text", { x, y, fill: "currentColor", "font-size": 11, "text-anchor": "middle", ...EDGE }, text);

/* R squared against the number of terms; the account of the sentences has the filled dot. */
const chart = (account) => {
  const { curve, terms } = account,
    step = (WIDTH - 2 * SIDE) / Math.max(curve.length - 1, 1),
    x = (at) => SIDE + step * at,
    y = (share) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": curveText(account) },
    svg("line", { x1: 4, x2: WIDTH - 4, y1: y(0), y2: y(0), stroke: "currentColor", "stroke-opacity": 0.3 }),
    svg("polyline", {
      points: curve.map(({ r_squared: share }, at) => `${x(at).toFixed(1)},${y(share).toFixed(1)}`).join(" "),
      fill: "none",
      stroke: COLOURS.plus,
      "stroke-width": 2,
    }),
    ...curve.flatMap(({ terms: count, r_squared: share }, at) => [
      svg("circle", {
        cx: x(at),
        cy: y(share),
        r: 4,
        stroke: COLOURS.plus,
        "stroke-width": 2,
        fill: count === terms.length ? COLOURS.plus : "var(--background-fill-primary)",
      }),
      label(x(at), y(share) - 9, twoDecimals(share)),
      label(x(at), HEIGHT - BOTTOM + 14, count),
    ]),
    label(WIDTH / 2, HEIGHT - 4, t("number of terms")),
  );
};

/* Show the account of an answer about a class called `name`, or why there is none; nothing without an answer. */
export const showAccount = (find, answer, { name, model, places, mark }) => {
  const account = answer?.account;
  find(".account").hidden = !account;
  find(".no-account").textContent = answer && !account ? noAccountText(answer) : "";
  find(".start").textContent = account ? startText(account, answer, name) : "";
  find(".end").textContent = account ? endText(account, answer) : "";
  find(".terms").replaceChildren(
    ...(account ? account.terms.map((term) => sentence(term, model, { places, mark })) : []),
  );
  find(".curve").replaceChildren(...(account ? [chart(account)] : []));
};
