/* The small card of one term: it opens beside the term when the pointer rests there, or when the term is tapped. */

const REST = 300, // milliseconds that the pointer rests on a term before its card opens
  LEAVE = 300, // milliseconds in which the pointer may reach the card
  EDGE = 8; // pixels between the card and the edge of the window

/* Below the box of the term if there is room, otherwise above it; always within the window. */
const putBeside = (card, box) => {
  const { offsetWidth: width, offsetHeight: height } = card,
    below = box.bottom + EDGE,
    top = below + height + EDGE <= innerHeight ? below : box.top - EDGE - height;
  const within = (at, size, most) => Math.max(EDGE, Math.min(at, most - size - EDGE));
  card.style.left = `${within(box.left, width, innerWidth)}px`;
  card.style.top = `${within(top, height, innerHeight)}px`;
};

/* `marks` are those of marks.js; `show(term)` follows "Show me". */
export const termCard = (card, marks, show) => {
  const title = card.querySelector("h2"),
    text = card.querySelector("p");
  let shown = null, // the term whose card is open
    hovered = false; // it was opened by pointing, and closes when the pointer leaves
  let opening = 0,
    closing = 0,
    cursor = null;

  const isOpen = () => card.matches(":popover-open");
  const open = ({ term, box }, pointing) => {
    if (isOpen() && shown === term) return;
    shown = term;
    hovered = pointing;
    title.textContent = term.name;
    text.textContent = term.text.join(" ");
    card.showPopover();
    putBeside(card, box);
  };
  const close = () => isOpen() && card.hidePopover();

  const setCursor = (element) => {
    if (cursor === element) return;
    cursor?.style.removeProperty("cursor");
    element?.style.setProperty("cursor", "help");
    cursor = element;
  };

  const rest = (x, y, element) => {
    const mark = marks.at(x, y);
    setCursor(mark && element);
    if (mark && (!document.querySelector(":popover-open") || isOpen())) open(mark, true);
  };

  /* A card that was opened by pointing stays while the pointer is on it or on its term. */
  const leave = ({ target, clientX, clientY }) => {
    const stays = card.contains(target) || (marks.owns(target) && marks.at(clientX, clientY)?.term === shown);
    if (stays) {
      clearTimeout(closing);
      closing = 0;
    } else if (!closing)
      closing = setTimeout(() => {
        closing = 0;
        if (hovered) close();
      }, LEAVE);
  };

  document.addEventListener("pointermove", (event) => {
    clearTimeout(opening);
    if (event.pointerType === "touch" || event.buttons) return;
    if (isOpen() && hovered) leave(event);
    if (!marks.owns(event.target)) return setCursor(null);
    opening = setTimeout(rest, REST, event.clientX, event.clientY, event.target);
  });
  document.addEventListener("click", (event) => {
    if (!event.detail || !marks.owns(event.target) || !getSelection().isCollapsed) return;
    const mark = marks.at(event.clientX, event.clientY);
    if (!mark) return;
    clearTimeout(opening);
    event.preventDefault(); // a label would move the focus to its control
    open(mark, false);
  });
  addEventListener("scroll", close, { passive: true });
  card.addEventListener("toggle", ({ newState }) => {
    if (newState === "closed") shown = null;
  });
  card.querySelector(".show").addEventListener("click", () => {
    const term = shown;
    close();
    show(term);
  });
};
