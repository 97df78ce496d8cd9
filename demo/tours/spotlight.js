/* A ring around the target of a step, and the card beside it; both follow the target wherever it goes. */
import { firstShown, unfold, wantsNoMotion } from "../web/in_sight.js";
import { overlap, placeCard } from "./placement.js";

const NARROW = "(max-width: 899px)", // here the card is docked at the lower edge, see page.css
  STRIP = 56, // pixels that the strip covers there
  MARGIN = 5, // pixels between the target and its ring
  EDGE = 8,
  APPEAR = 400, // milliseconds
  SETTLE = 2500, // milliseconds in which a view that opens gets its height
  PAUSE = 600; // milliseconds for one scroll

const boxOf = (part) => {
  const { left, top, right, bottom } = part.getBoundingClientRect();
  return { left, top, right, bottom };
};

/* What should not be covered: the sheet, its tools and its answer, the way through the page, the headline of the open
   view, and, if that can be, the view itself. */
const HEADLINE = "#tabs [role=tabpanel] .summary",
  PRECIOUS = ["#pad .sheet", "#bars", "#pad .tools", "#pad .shelf", "#navigation", "#welcome", HEADLINE];
const WEIGHT = 3;
const precious = (target) => {
  const view = target?.closest("[role=tabpanel]") ?? firstShown("#tabs [role=tabpanel]"),
    boxes = PRECIOUS.map(firstShown).filter(Boolean).map(boxOf);
  return [...boxes.map((box) => ({ ...box, weight: WEIGHT })), ...(view ? [boxOf(view)] : [])];
};

/* `away(now)` says whether the target is out of sight. */
export const newSpotlight = (ring, card, away) => {
  const narrow = matchMedia(NARROW);
  let selector = null,
    reached = true, // the target was scrolled to
    settledAt = 0, // until then a view may still be laid out, and the target is scrolled to again
    nextAt = 0,
    drawn = "";

  /* The rows of the window in which a target can be looked at. */
  const free = (target) => {
    const bar = target.closest("#tabs") && document.querySelector("#navigation"),
      above = narrow.matches
        ? STRIP
        : Math.max(EDGE, bar && !bar.contains(target) ? bar.getBoundingClientRect().bottom : 0);
    return { above: Math.min(above, 140), below: innerHeight - (narrow.matches ? card.offsetHeight : 0) - EDGE };
  };

  const isInSight = (target) => {
    const { above, below } = free(target),
      { top, bottom, height } = target.getBoundingClientRect();
    return Math.min(bottom, below) - Math.max(top, above) >= Math.min(height, 0.6 * (below - above)) - 1;
  };

  const scrollTo = (target) => {
    const { above, below } = free(target),
      { top, height } = target.getBoundingClientRect(),
      rest = Math.max(0, below - above - height);
    scrollBy({ top: top - above - Math.min(rest / 2, 160), behavior: wantsNoMotion() ? "auto" : "smooth" });
  };

  const putRing = (box) => {
    ring.hidden = !box;
    if (!box) return;
    const [left, top, right, bottom] = [
      Math.max(box.left - MARGIN, 2),
      Math.max(box.top - MARGIN, 2),
      Math.min(box.right + MARGIN, document.documentElement.clientWidth - 2),
      Math.min(box.bottom + MARGIN, innerHeight - 2),
    ];
    Object.assign(ring.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${right - left}px`,
      height: `${bottom - top}px`,
    });
    ring.hidden = right <= left || bottom <= top;
  };

  const putCard = (box, target) => {
    const size = { width: card.offsetWidth, height: card.offsetHeight },
      view = { width: document.documentElement.clientWidth, height: innerHeight };
    if (narrow.matches) return Object.assign(card.style, { left: "", top: "" });
    const corner = { left: view.width, top: view.height, right: view.width, bottom: view.height },
      { left, top } = placeCard(box ?? corner, size, view, precious(target));
    Object.assign(card.style, { left: `${left}px`, top: `${top}px` });
  };

  /* The end of the page can be scrolled to above a docked card, and so can what the keyboard reaches. */
  const makeRoom = () => {
    const room = selector !== null && narrow.matches ? `${card.offsetHeight + EDGE}px` : "";
    document.body.style.paddingBottom = room;
    document.documentElement.style.scrollPaddingBottom = room;
  };

  const reach = (target) => {
    const now = performance.now();
    if (now < nextAt) return;
    if (!nextAt && !wantsNoMotion()) ring.animate([{ opacity: 0, transform: "scale(1.15)" }, {}], APPEAR);
    settledAt ||= now + SETTLE;
    nextAt = now + PAUSE;
    reached = now >= settledAt;
    if (!isInSight(target)) scrollTo(target);
  };

  const follow = () => {
    if (selector === null) return;
    requestAnimationFrame(follow);
    const target = selector ? firstShown(selector) : null;
    if (selector && !target && !reached) unfold(selector);
    if (target && !reached) reach(target);
    const box = target ? boxOf(target) : null,
      all = [box, card.offsetWidth, card.offsetHeight, innerWidth, innerHeight]
        .map((one) => JSON.stringify(one))
        .join();
    if (all === drawn) return;
    drawn = all;
    const inSight = box && isInSight(target);
    putRing(box);
    putCard(inSight ? box : null, target);
    makeRoom();
    away(Boolean(selector) && !inSight);
  };

  const aimAgain = () => {
    reached = false;
    settledAt = nextAt = 0;
    drawn = "";
  };

  /* From the first touch on, the page scrolls as the visitor wants. */
  for (const event of ["wheel", "touchmove", "pointerdown", "keydown"])
    document.addEventListener(
      event,
      () => {
        if (nextAt) reached = true;
      },
      { capture: true, passive: true },
    );

  /* While the visitor draws, a card that lies over the sheet gives way. */
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      const sheet = target.closest?.("#pad .sheet");
      if (sheet && selector !== null) card.classList.toggle("aside", overlap(boxOf(sheet), boxOf(card)) > 0);
    },
    true,
  );
  for (const event of ["pointerup", "pointercancel"])
    document.addEventListener(event, () => card.classList.remove("aside"), true);

  return {
    /* Point at what a selector finds; "" points at nothing, null ends. */
    aim: (wanted) => {
      const rests = selector === null;
      selector = wanted;
      aimAgain();
      if (wanted === null) {
        ring.hidden = true;
        makeRoom();
      } else if (rests) follow();
    },
    /* Scroll to the target, as soon as it is there. */
    show: aimAgain,
    focusTarget: () => {
      const target = firstShown(selector || "body");
      const part = target?.matches("button, input, [tabindex]")
        ? target
        : target?.querySelector("button, input, summary, [tabindex='0']");
      part?.focus();
    },
  };
};
