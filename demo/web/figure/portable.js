/* A drawing of the page, made portable: colours that all programs read, and nothing that only a page needs. */

const PAGE_ONLY = ["tabindex", "role", "class", "aria-label", "aria-hidden", "aria-pressed", "aria-valuenow"];
const MODERN = /^rgb\((\d+) (\d+) (\d+) \/ ([\d.e-]+)\)$/; // of CSS Color 4, which programs for drawing do not know
const SHORT = /^(#[0-9a-f]{6})([0-9a-f]{2})$/i;

/* A colour with its opacity apart; null for one that has none. */
export const parted = (colour) => {
  const modern = MODERN.exec(colour),
    short = SHORT.exec(colour);
  if (modern) return { colour: `rgb(${modern.slice(1, 4).join(", ")})`, opacity: Number(modern[4]).toFixed(3) };
  return short && { colour: short[1], opacity: (Number.parseInt(short[2], 16) / 255).toFixed(3) };
};

export const makePortable = (drawn) => {
  for (const node of drawn.querySelectorAll("*")) {
    for (const name of PAGE_ONLY) node.removeAttribute(name);
    for (const name of ["fill", "stroke"]) {
      if (node.getAttribute(name) === "transparent") node.setAttribute(name, "none");
      const { colour, opacity } = parted(node.getAttribute(name) ?? "") ?? {};
      if (!colour) continue;
      node.setAttribute(name, colour);
      node.setAttribute(`${name}-opacity`, opacity);
    }
  }
  return drawn;
};
