/* The three maps of the view as one file. */
import { svg } from "../../web/dom.js";

const part = (holder, x, y, side) => {
  const copy = holder.querySelector("svg").cloneNode(true);
  for (const [attribute, value] of Object.entries({ x, y, width: side, height: side }))
    copy.setAttribute(attribute, value);
  return copy;
};
/* Draw the three maps of the view `element` and one token's `shares` on one sheet. */
export const sheet = (element, shares) => {
  const find = (selector) => element.querySelector(selector);
  const text = (x, y, words) =>
    svg("text", { x, y, "font-size": 13, "font-family": "system-ui, sans-serif", fill: "#111" }, words);
  return svg(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 920 500", width: 1840, height: 1000 },
    svg("rect", { width: 920, height: 500, fill: "#fff" }),
    text(20, 26, find(".summary").textContent),
    text(20, 54, "What each patch predicts"),
    part(find('[data-map="says"]'), 20, 62, 190),
    text(20, 280, find(".asked").textContent),
    part(find('[data-map="strength"]'), 20, 288, 190),
    text(240, 54, "The path of the cls token among test digits"),
    part(find(".token-map"), 240, 62, 416),
    ...[...element.querySelectorAll(".bars .share")].flatMap((share, digit) => {
      const top = 70 + 26 * digit;
      return [
        text(690, top + 12, digit),
        svg("rect", { x: 706, y: top, width: 130 * shares[digit], height: 14, fill: "#ef7d1a" }),
        text(850, top + 12, share.textContent),
      ];
    }),
    text(690, 54, find(".who").textContent),
  );
};
