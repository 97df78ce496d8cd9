/* The drawing as it is read, as an animated GIF: the pen's path so far, the bars, and at the end when it was
   decided. */

import { called } from "../../web/class_names.js";
import { digitColour } from "../../web/colours.js";
import { make } from "../../web/dom.js";
import { modelLine } from "../../web/figure/citation.js";
import { gifWriter, quantizer } from "../../web/figure/gif.js";
import { FONT, INK, measure } from "../../web/figure/parts.js";
import { shorten } from "../../web/figure/text.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { sharePercent, timetable } from "./decision.js";
import { pathOf } from "./path.js";

const WIDTH = 480,
  HEIGHT = 300,
  SHEET = { x: 16, y: 48, side: 216, units: 280 },
  BARS = { x: 252, width: 212 };
const SLOWER = 2, // than the pen was
  SHORTEST = 5, // hundredths of a second: browsers slow shorter frames down
  LONGEST = 60,
  END = 300; // for which the last one stays
const GREYS = 32;

const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

const PALETTE = [
  ...Array.from({ length: GREYS }, (_, level) => Array(3).fill(Math.round((255 * level) / (GREYS - 1)))),
  ...Array.from({ length: 10 }, (_, digit) => rgb(digitColour(digit))),
  ...[1, 0.66, 0.33].map((share) => rgb("#ff8c1a").map((value) => Math.round(share * value))),
];

const text = (brush, words, x, y, { size = 13, weight = 400, align = "left", width = WIDTH } = {}) => {
  brush.font = `${weight} ${size}px ${FONT}`;
  brush.textAlign = align;
  brush.fillStyle = INK;
  brush.fillText(shorten(words, width, { size, weight }, measure), x, y);
};

const drawPen = (brush, strokes, count) => {
  const { d, tip } = pathOf(strokes, count),
    { x, y, side, units } = SHEET;
  brush.fillStyle = "#000";
  brush.fillRect(x, y, side, side);
  brush.save();
  brush.translate(x, y);
  brush.scale(side / units, side / units);
  Object.assign(brush, { strokeStyle: "#fff", lineWidth: 15, lineCap: "round", lineJoin: "round" });
  brush.stroke(new Path2D(d));
  brush.fillStyle = "#ff8c1a";
  brush.fill(new Path2D(`M${tip[0] - 9} ${tip[1]}a9 9 0 1 0 18 0a9 9 0 1 0 -18 0`));
  brush.restore();
};

const drawBars = (brush, probs, best) => {
  const step = SHEET.side / probs.length,
    names = Math.min(80, Math.max(...probs.map((_, digit) => measure(called(digit), { size: 13, weight: 700 })))) + 8,
    left = BARS.x + names,
    width = BARS.width - names - 58;
  for (const [digit, prob] of probs.entries()) {
    const y = SHEET.y + step * digit,
      style = { weight: digit === best ? 700 : 400, size: Math.min(13, step - 2) };
    text(brush, called(digit), BARS.x, y + step / 2 + 5, { ...style, width: names - 6 });
    brush.fillStyle = "#efefef";
    brush.fillRect(left, Math.round(y + 2), width, Math.max(1, Math.round(step - 5)));
    brush.fillStyle = digitColour(digit);
    brush.fillRect(left, Math.round(y + 2), Math.round(width * prob), Math.max(1, Math.round(step - 5)));
    text(brush, percent(prob), BARS.x + BARS.width, y + step / 2 + 5, { ...style, align: "right" });
  }
};

/* What is said above the drawing; the last part says when it was decided. */
const sentence = (parts, part) => {
  const digit = called(parts.digit[part]);
  if (part < parts.share.length - 1)
    return t("{share} of the drawing: {digit}", { share: sharePercent(parts, part), digit });
  if (!parts.in_distribution[part])
    return t("All of the drawing: {digit}, and probably none of its classes", { digit });
  const share = sharePercent(parts, parts.settled);
  return t("It read {digit} after {share} of the drawing, and stayed with it", { digit, share });
};

const SMALL = { size: 10, width: WIDTH - 32 };

/* A link to the drawing as it is read: in full if that fits on a line, else the page's address. */
const linkText = (link) => {
  const whole = link.replace(/^https?:\/\//, "");
  return measure(whole, SMALL) <= SMALL.width ? whole : whole.replace(/\/?#.*/, "");
};

const drawFrame = (brush, parts, part, link) => {
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, WIDTH, HEIGHT);
  text(brush, sentence(parts, part), 16, 32, { size: 16, weight: 600, width: WIDTH - 32 });
  drawPen(brush, parts.strokes, parts.at[part]);
  drawBars(brush, parts.probs[part], parts.digit[part]);
  text(brush, modelLine(parts.model), 16, 279, SMALL);
  text(brush, linkText(link), 16, 292, SMALL);
};

/* Draw all parts as frames, one at a time, so that the page stays usable. `link` leads to the drawing: it stands at the
   bottom, and in full in the file's comment. */
export const filmOf = async (parts, link) => {
  const canvas = make("canvas", { width: WIDTH, height: HEIGHT }),
    brush = canvas.getContext("2d", { willReadFrequently: true }),
    file = gifWriter(WIDTH, HEIGHT, PALETTE, link),
    indices = quantizer(PALETTE),
    moments = timetable(parts, 0, SLOWER);
  for (const part of moments.keys()) {
    drawFrame(brush, parts, part, link);
    const passed = (moments[part + 1] - moments[part]) / 10,
      delay = part < moments.length - 1 ? Math.min(Math.max(passed, SHORTEST), LONGEST) : END;
    file.add(indices(brush.getImageData(0, 0, WIDTH, HEIGHT).data), delay);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return file.end();
};
