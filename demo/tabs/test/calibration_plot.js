/* The reliability diagram: the accuracy of the answers that have about the same probability. */
import { svg } from "../../web/dom.js";
import { rove } from "../../web/keyboard.js";
import { t } from "../../web/language.js";
import { BAD, chart, text } from "./drawing.js";
import { binText, calibrationText } from "./words.js";

const x = (share) => 34 + 250 * share,
  y = (share) => 214 - 200 * share;

const gridLines = (share) => [
  svg("line", { x1: x(0), x2: x(1), y1: y(share), y2: y(share), stroke: "currentColor", "stroke-opacity": 0.15 }),
  text(22, y(share), `${100 * share}`),
  text(x(share), 224, `${100 * share}`),
];

const dot = (bin, at, images) => {
  const [count, confidence, accuracy, low, high] = bin,
    [bottom, top] = [y(Math.max(low, 0)), y(Math.min(high, 1))];
  return svg(
    "g",
    { tabindex: at ? -1 : 0, role: "img", "data-bin": at, "aria-label": binText(bin) },
    svg("line", { x1: x(confidence), x2: x(confidence), y1: bottom, y2: top, stroke: BAD, "stroke-width": 1.6 }),
    svg("circle", {
      cx: x(confidence),
      cy: y(accuracy),
      r: 3 + (5 * Math.log(1 + count)) / Math.log(1 + images),
      fill: BAD,
    }),
  );
};

const diagonal = () =>
  svg("line", {
    x1: x(0),
    y1: y(0),
    x2: x(1),
    y2: y(1),
    stroke: "currentColor",
    "stroke-dasharray": "4 3",
    "stroke-opacity": 0.6,
  });

const draw = (bins, images) =>
  chart(
    300,
    242,
    t("Calibration diagram"),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap(gridLines),
    diagonal(),
    text(x(0.2), y(0.31), t("perfectly calibrated"), { transform: `rotate(-38.7 ${x(0.2)} ${y(0.31)})`, opacity: 0.8 }),
    text(x(0.5), 236, t("predicted probability, in %")),
    text(8, y(0.5), t("accuracy, in %"), { transform: `rotate(-90 8 ${y(0.5)})` }),
    ...bins.map((bin, at) => dot(bin, at, images)),
  );

/* Returns `show`, which draws what the server measured. */
export const calibrationPlot = (find) => {
  for (const event of ["pointerover", "focusin"])
    find(".diagram").addEventListener(event, ({ target }) => {
      const bin = target.closest?.("[data-bin]");
      if (bin) find(".bin").textContent = bin.getAttribute("aria-label");
    });
  rove(find(".diagram"), "[data-bin]");
  return ({ calibration: { error, bins }, images }) => {
    find(".diagram").replaceChildren(draw(bins, images));
    find(".error").textContent = calibrationText(error);
    find(".bin").textContent = bins.length
      ? `${binText(bins.at(-1))} ${t(
          "Dots on the dashed line are perfectly calibrated; bars are 95 % intervals, " +
            "and a larger dot stands for more digits. Point at one.",
        )}`
      : "";
  };
};
