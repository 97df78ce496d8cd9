/* The visitor's drawing, moved, turned and written with other pens: what each change is read as. */
import { openSheet } from "../../web/digit_sheet.js";
import { paint, svg } from "../../web/dom.js";
import { rove } from "../../web/keyboard.js";
import { t } from "../../web/language.js";
import { firstAngle, firstPen, homeOf, readingText, shiftOf, summaryText } from "./changes.js";
import { BAD, chart, GOOD, picture, text } from "./drawing.js";

const PENS_IN_A_ROW = 5;
const OUTLINE = { stroke: "currentColor", "stroke-width": 1.4 }; // of the drawing as it is

const colours = ({ digits, confidence }, at, digit) => ({
  fill: digits[at] === digit ? GOOD : BAD,
  "fill-opacity": 0.12 + 0.55 * confidence[at] ** 2,
});

const cell = (changes, at, first, ...children) =>
  svg(
    "g",
    { "data-at": at, tabindex: first ? 0 : -1, role: "img", "aria-label": readingText(changes, at) },
    ...children,
  );

const label = ({ digits }, at, [x, y], size, digit) =>
  text(x, y, digits[at], {
    "font-size": size,
    "font-weight": digits[at] === digit ? 400 : 800,
    "pointer-events": "none",
  });

const drawShifts = (changes, digit) => {
  const count = changes.shifts.length,
    size = 180 / count;
  const squares = changes.digits.slice(0, count * count).map((_, at) => {
    const [x, y] = [(at % count) * size, Math.floor(at / count) * size],
      home = at === homeOf(changes),
      box = { x: x + 0.4, y: y + 0.4, width: size - 0.8, height: size - 0.8, rx: 1.5 };
    return cell(
      changes,
      at,
      home,
      svg("rect", { ...box, ...colours(changes, at, digit), ...(home ? OUTLINE : {}) }),
      label(changes, at, [x + size / 2, y + size / 2], size * 0.6, digit),
    );
  });
  return chart(180, 180, t("The drawing moved"), ...squares);
};

const INNER = 60, // units, the radii of the ring
  OUTER = 88;

/* A sector of the ring around the middle: `half` radians to each side of an angle. */
const sectorPath = (angle, half) => {
  const spot = (turn, radius) =>
    [90 + radius * Math.sin(turn), 90 - radius * Math.cos(turn)].map((value) => value.toFixed(2)).join(" ");
  const inner = `M${spot(angle - half, INNER)}A${INNER} ${INNER} 0 0 1 ${spot(angle + half, INNER)}`,
    outer = `L${spot(angle + half, OUTER)}A${OUTER} ${OUTER} 0 0 0 ${spot(angle - half, OUTER)}`;
  return `${inner}${outer}Z`;
};

const drawRing = (changes, digit, paintDigit) => {
  const sectors = changes.angles.map((degrees, index) => {
    const at = firstAngle(changes) + index,
      angle = (degrees * Math.PI) / 180,
      middle = [90 + 74 * Math.sin(angle), 90 - 74 * Math.cos(angle)],
      outline = degrees ? { stroke: "currentColor", "stroke-opacity": 0.25, "stroke-width": 0.5 } : OUTLINE;
    const d = sectorPath(angle, Math.PI / changes.angles.length);
    return cell(
      changes,
      at,
      !degrees,
      svg("path", { d, ...colours(changes, at, digit), ...outline }),
      label(changes, at, middle, 8, digit),
    );
  });
  const box = { x: 50, y: 50, width: 80, height: 80, "data-turned": "" };
  return chart(
    180,
    180,
    t("The drawing turned"),
    ...sectors,
    svg("rect", { x: 49, y: 49, width: 82, height: 82, rx: 8, fill: "#000" }),
    picture(paintDigit, changes.angles.indexOf(0), box),
  );
};

const drawPens = (changes, digit, paintDigit) => {
  const rows = Math.ceil(changes.pens.length / PENS_IN_A_ROW);
  const cards = changes.pens.map((pen, index) => {
    const at = firstPen(changes) + index,
      [x, y] = [(index % PENS_IN_A_ROW) * 30, Math.floor(index / PENS_IN_A_ROW) * 43],
      box = { x: x + 1, y, width: 28, height: 41, rx: 3 };
    return cell(
      changes,
      at,
      !pen,
      svg("rect", { ...box, ...colours(changes, at, digit), ...(pen ? {} : OUTLINE) }),
      picture(paintDigit, changes.angles.length + index, { x: x + 2, y: y + 1, width: 26, height: 26 }),
      label(changes, at, [x + 15, y + 34], 9, digit),
    );
  });
  return chart(150, rows * 43 - 2, t("The drawing with other pens"), ...cards);
};

/* Paint a drawing of `side` x `side` pixels, moved by whole pixels. */
const paintMoved = (canvas, image, side, { right, down }) => {
  const values = new Float32Array(side * side);
  for (let y = Math.max(0, down); y < Math.min(side, side + down); y++)
    for (let x = Math.max(0, right); x < Math.min(side, side + right); x++)
      values[y * side + x] = image[(y - down) * side + x - right];
  paint(canvas, values, side);
};

/* The section about the drawing: `show` an answer of the server for a `reading`, while `current()`; `hide`;
   `isShown`; `changes`. */
export const changedDrawing = (find) => {
  let shown = null; // the answer, what paints its turned and rewritten drawings, and the reading

  /* Show one change as the model gets it. */
  const showChange = (at) => {
    const { changes, paintDigit, reading } = shown,
      canvas = find(".look canvas"),
      shift = shiftOf(changes, at);
    find(".change").textContent = t("{reading}.", { reading: readingText(changes, at) });
    if (shift) return paintMoved(canvas, reading.image.data, reading.model.image_size, shift);
    paintDigit(canvas, at - firstAngle(changes));
    if (at < firstPen(changes)) find("[data-turned]").setAttribute("href", canvas.toDataURL());
  };

  for (const event of ["pointerover", "focusin"])
    find(".around").addEventListener(event, ({ target }) => {
      const at = target.closest?.("[data-at]")?.dataset.at;
      if (at !== undefined && shown) showChange(Number(at));
    });
  rove(find(".shifts"), "[data-at]", () => shown.changes.shifts.length);
  rove(find(".ring"), "[data-at]");
  rove(find(".pens"), "[data-at]");

  return {
    isShown: () => shown !== null,
    changes: () => shown?.changes,
    hide: () => {
      shown = null;
      find(".drawing").hidden = true;
    },
    show: async (changes, reading, current) => {
      const paintDigit = await openSheet(changes),
        digit = changes.digits[homeOf(changes)];
      if (!current()) return;
      shown = { changes, paintDigit, reading };
      find(".shifts").replaceChildren(drawShifts(changes, digit));
      find(".ring").replaceChildren(drawRing(changes, digit, paintDigit));
      find(".pens").replaceChildren(drawPens(changes, digit, paintDigit));
      find(".fragility").textContent = summaryText(changes);
      find(".drawing").hidden = false;
      showChange(homeOf(changes));
    },
  };
};
