/* The first use of each term in each view is marked with a dotted underline: a highlight of the browser (CSS Custom
   Highlight API), which changes nothing in the page. So a script may set any text at any time, and nothing is read
   aloud. */
import { finder } from "./words.js";

const PROSE = "h2, h3, h4, p, figcaption, th, legend, li, dt, dd, [data-testid=block-info]";
/* What is pressed or read aloud by itself, and what is no prose. */
const NOT_PROSE =
  "a, button, summary, label:has(> input):not(:has([data-testid])), [role=button], [role=tab], [aria-live], " +
  "[role=status]:not(#tours .words), #tour-title, [hidden], svg, code, pre";
const UNIT = "[role=tabpanel], #shared, #navigation .here, #tours .card";
const QUIET = 400; // milliseconds without a change after which a changed view is marked again
/* A change of one of these shows or hides text. */
const SHOWN = ["hidden", "open", "data-mounted", "aria-selected", "aria-expanded"];

const textNodes = (prose) => {
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT),
    nodes = [];
  while (walker.nextNode()) {
    const node = walker.currentNode,
      parent = node.parentElement;
    if (parent.closest(PROSE) === prose && !parent.closest(NOT_PROSE)) nodes.push(node);
  }
  return nodes;
};

const range = (node, { start, end }) =>
  new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end });

/* Mark the page's views and mark them again when their text has changed. Returns `at(x, y)`, the marked term at a point
   of the window and its box; `owns(element)`, whether a mark begins in an element; and `inSight()`, the terms in use
   now. */
export const markTerms = (terms) => {
  const find = finder(terms),
    highlight = new Highlight(),
    marked = new Map(); // unit -> [{ node, start, end, term, range }]
  let places = new Map(), // text node -> its marks
    owners = new Set();

  /* Forced colours paint a highlight as if its text were selected; there the terms can be pointed at without a mark. */
  const forced = matchMedia("(forced-colors: active)"),
    showMarks = () => (forced.matches ? CSS.highlights.delete("glossary") : CSS.highlights.set("glossary", highlight));
  forced.addEventListener("change", showMarks);
  showMarks();

  /* The first use of each term in the text that is shown. */
  const firstUses = (unit, proses) => {
    const marks = [],
      used = new Set();
    for (const prose of proses)
      for (const node of textNodes(prose))
        for (const match of find(node.data)) {
          const term = match.terms.find(({ within }) => !within || node.parentElement.closest(within));
          if (!term || used.has(term.id)) continue;
          used.add(term.id);
          marks.push({ node, ...match, term, range: range(node, match) });
        }
    marked.set(unit, marks);
  };

  const texts = new MutationObserver((records) => {
    for (const { target } of records) changed(target);
  });

  const mark = (unit) => {
    for (const { range } of marked.get(unit) ?? []) highlight.delete(range);
    const proses = [...unit.querySelectorAll(PROSE)].filter(
      (prose) => prose.closest(UNIT) === unit && !prose.closest(NOT_PROSE) && prose.checkVisibility(),
    );
    firstUses(unit, proses);
    for (const { range } of marked.get(unit)) highlight.add(range);
    for (const prose of proses) texts.observe(prose, { childList: true, characterData: true, subtree: true });
    for (const prose of unit.querySelectorAll(".prose")) texts.observe(prose, { childList: true, subtree: true });
  };

  const index = () => {
    const all = [...marked.values()].flat();
    places = Map.groupBy(all, ({ node }) => node);
    owners = new Set(all.map(({ node }) => node.parentElement));
  };

  /* ---- what has changed is marked in a quiet moment ---- */
  const stale = new Set();
  let timer = 0,
    pressed = false; // somebody draws

  const markStale = () => {
    if (pressed) return soon();
    const units = [...stale].filter((unit) => unit.isConnected && unit.checkVisibility());
    stale.clear();
    for (const unit of marked.keys()) if (!unit.isConnected) marked.delete(unit);
    units.forEach(mark);
    index();
  };
  const inAQuietMoment = () =>
    window.requestIdleCallback ? requestIdleCallback(markStale, { timeout: 2000 }) : setTimeout(markStale);
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(inAQuietMoment, QUIET);
  };
  for (const [event, now] of Object.entries({ pointerdown: true, pointerup: false, pointercancel: false }))
    document.addEventListener(
      event,
      () => {
        pressed = now;
      },
      { capture: true, passive: true },
    );
  const changed = (node) => {
    const unit = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest(UNIT);
    if (!unit) return;
    stale.add(unit);
    soon();
  };
  const allChanged = () => {
    for (const unit of document.querySelectorAll(UNIT)) stale.add(unit);
    soon();
  };

  new MutationObserver((records) => {
    const real = records.filter((one) => one.oldValue !== one.target.getAttribute(one.attributeName));
    for (const { target, attributeName } of real) attributeName === "aria-selected" ? allChanged() : changed(target);
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: SHOWN, attributeOldValue: true });
  allChanged();

  /* ---- what is under the pointer ---- */
  const boxOf = ({ node, start, end }, x, y) => {
    const live = document.createRange();
    live.setStart(node, start);
    live.setEnd(node, end);
    return [...live.getClientRects()].find(
      (box) => x >= box.left - 1 && x <= box.right + 1 && y >= box.top - 2 && y <= box.bottom + 3,
    );
  };
  const nodeAt = (x, y) => {
    if (document.caretPositionFromPoint) return document.caretPositionFromPoint(x, y)?.offsetNode;
    return document.caretRangeFromPoint?.(x, y)?.startContainer;
  };
  const at = (x, y) => {
    for (const place of places.get(nodeAt(x, y)) ?? []) {
      const box = place.end <= place.node.length && boxOf(place, x, y);
      if (box) return { term: place.term, box };
    }
    return null;
  };
  const inSight = () => {
    const ids = [...marked].filter(([unit]) => unit.checkVisibility()).flatMap(([, marks]) => marks);
    return new Set(ids.map(({ term }) => term.id));
  };
  return { at, owns: (element) => owners.has(element), inSight };
};
