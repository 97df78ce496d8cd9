const { on, paint, svg } = window.inkling;
const canvas = element.querySelector("canvas"), grid = element.querySelector("svg"), caption = element.querySelector(".caption");

const lines = (side, size) => {
  let path = "";
  for (let at = size; at < side; at += size) path += `M${at} 0V${side}M0 ${at}H${side}`;
  return path;
};

on("reading", ({ image, model, digit, sure }) => {
  paint(canvas, image.data, image.shape[0]);
  canvas.setAttribute("aria-label", `The drawing as 28 by 28 pixels, ${sure ? `read as ${digit}` : "not surely a digit"}`);
  const { patch_size: size, num_patches: count, grid_size: side } = model;
  grid.replaceChildren(svg("path", { d: lines(image.shape[0], size) }));
  caption.textContent = `28×28 pixels, cut ${side}×${side} into ${count} patches of ${size}×${size}`;
});

on("nothing", () => {
  paint(canvas, new Float32Array(784), 28);
  canvas.setAttribute("aria-label", "Nothing yet");
});
