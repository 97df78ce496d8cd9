// @ts-check
/* Where the card goes: beside its target, within the window, and over nothing that is needed. */

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box */
/** @typedef {{ width: number, height: number }} Size */

const GAP = 14, // pixels between the card and its target
  EDGE = 8, // and between the card and the edge of the window
  TARGET = 8, // how much worse it is to cover the target than other parts
  FAR = 100; // what a pixel of distance costs, in covered pixels

/**
 * The pixels that two boxes share.
 * @param {Box} one
 * @param {Box} other
 */
export const overlap = (one, other) =>
  Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left)) *
  Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));

/**
 * @param {number} left
 * @param {number} top
 * @param {Size} card
 * @param {Size} view
 * @returns {Box}
 */
const within = (left, top, card, view) => {
  const x = Math.max(EDGE, Math.min(left, view.width - card.width - EDGE)),
    y = Math.max(EDGE, Math.min(top, view.height - card.height - EDGE));
  return { left: x, top: y, right: x + card.width, bottom: y + card.height };
};

/**
 * The places below, right, left and above of a box.
 * @param {Box} box
 * @param {Size} card
 */
const around = (box, { width, height }) => {
  const middle = (box.top + box.bottom - height) / 2;
  return [
    [box.left, box.bottom + GAP],
    [box.right + GAP, middle],
    [box.left - GAP - width, middle],
    [box.left, box.top - GAP - height],
  ];
};

/**
 * @param {Box} one
 * @param {Box} other
 */
const distance = (one, other) =>
  Math.max(0, one.left - other.right, other.left - one.right) +
  Math.max(0, one.top - other.bottom, other.top - one.bottom);

/**
 * The place of a card in a window of size `view`: the one that covers the least of the target and of the boxes to
 * `avoid`, and of those the nearest to the target. The `weight` of a box says how bad it is to cover it.
 * @param {Box} target
 * @param {Size} card
 * @param {Size} view
 * @param {(Box & { weight?: number })[]} avoid
 */
export const placeCard = (target, card, view, avoid) => {
  const corners = [view.height, EDGE].flatMap((top) => [view.width, EDGE].map((left) => [left, top])),
    wishes = [...around(target, card), ...avoid.flatMap((box) => around(box, card)), ...corners];
  const cost = (/** @type {Box} */ box) =>
    TARGET * overlap(box, target) +
    avoid.reduce((sum, other) => sum + (other.weight ?? 1) * overlap(box, other), 0) +
    FAR * distance(box, target);
  const boxes = wishes.map(([left, top]) => within(left, top, card, view)),
    costs = boxes.map(cost);
  return boxes[costs.indexOf(Math.min(...costs))];
};
