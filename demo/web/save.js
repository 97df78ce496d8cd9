/* Downloads: what a view shows, as a file. */
import { bytesOf } from "./arrays.js";
import { make, svg } from "./dom.js";

/* Hand the visitor a file that lies in memory. */
export const download = (name, type, base64) => {
  const link = make("a", { href: URL.createObjectURL(new Blob([bytesOf(base64)], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

/* Hand the visitor a drawn <svg> as a file, "svg" or "png", with nothing asked of the server. */
export const saveSvg = async (drawn, name, format) => {
  const text = new XMLSerializer().serializeToString(drawn),
    bytes = new TextEncoder().encode(text);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  if (format === "svg") return download(`${name}.svg`, "image/svg+xml", base64);
  const picture = new Image();
  picture.src = `data:image/svg+xml;base64,${base64}`;
  await picture.decode();
  const canvas = make("canvas", { width: picture.width, height: picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  download(`${name}.png`, "image/png", canvas.toDataURL("image/png").split(",")[1]);
};

/* Put the buttons into a component's `.saves` by which what it shows is downloaded. Until `ready()`, they say in its
   `.message` what comes `first`. `picture` draws the <svg> and `name` names its file; a `save` of the component's own,
   given the format, returns what there is to say of it. */
export const saves = (element, { ready, first = "Draw a digit first.", name, picture, save }) => {
  const say = (text) => {
    element.querySelector(".message").textContent = text;
  };
  const take = async (format) => {
    if (!ready()) return say(first);
    try {
      say((await (save ? save(format) : saveSvg(picture(), name(), format))) ?? "");
    } catch {
      say("The picture could not be made.");
    }
  };
  element.querySelector(".saves").replaceChildren(
    ...["png", "svg"].map((format) => {
      const button = make("button", { type: "button", "data-format": format }, `Download ${format.toUpperCase()}`);
      button.addEventListener("click", () => take(format));
      return button;
    }),
  );
};

/* A white sheet of `width` x `height` for a picture to download, twice as many pixels in a PNG, and a line of text on it. */
export const paper = (width, height, size, ...parts) =>
  svg(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width: 2 * width,
      height: 2 * height,
      "font-family": "system-ui, sans-serif",
      "font-size": size,
      fill: "#111",
    },
    svg("rect", { width, height, fill: "#fff" }),
    ...parts,
  );

export const write = (x, y, words, more = {}) => svg("text", { x, y, ...more }, String(words));
