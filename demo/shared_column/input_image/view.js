import { on } from "../../web/bus.js";
import { called, doubtful } from "../../web/class_names.js";
import { paint, svg } from "../../web/dom.js";
import { plural, t } from "../../web/language.js";
import { chosen } from "../../web/selection.js";

export const mount = ({ element }) => {
  const canvas = element.querySelector("canvas"),
    grid = element.querySelector("svg"),
    caption = element.querySelector(".caption");

  const lines = (side, size) => {
    let path = "";
    for (let at = size; at < side; at += size) path += `M${at} 0V${side}M0 ${at}H${side}`;
    return path;
  };

  /* The patch that is chosen in the tabs is framed here as well. */
  let cut = null;
  const frame = () => {
    const at = (chosen().token ?? 0) - 1,
      { patch_size: size, grid_size: side } = cut ?? {};
    grid.querySelector("rect")?.remove();
    if (cut && at >= 0)
      grid.append(
        svg("rect", {
          x: (at % side) * size,
          y: Math.floor(at / side) * size,
          width: size,
          height: size,
          "data-token": at + 1,
        }),
      );
  };

  const showPixels = ({ image }) => paint(canvas, image.data, image.shape[0]);
  on("glance", showPixels);
  on("reading", ({ image, model, digit, in_distribution: inDistribution }) => {
    showPixels({ image });
    canvas.setAttribute(
      "aria-label",
      inDistribution
        ? t("The drawing as 28 by 28 pixels, read as {digit}", { digit: called(digit) })
        : t("The drawing as 28 by 28 pixels, {prediction}", { prediction: doubtful(digit) }),
    );
    const { patch_size: size, num_patches: count } = model;
    grid.replaceChildren(svg("path", { d: lines(image.shape[0], size) }));
    cut = model;
    frame();
    caption.textContent = plural(count, "28×28 pixels, cut into {n} patch", "28×28 pixels, cut into {n} patches");
  });

  on("chosen", frame);

  on("nothing", () => {
    cut = null;
    frame();
    paint(canvas, new Float32Array(784), 28);
    canvas.setAttribute("aria-label", t("Nothing yet"));
  });
};
