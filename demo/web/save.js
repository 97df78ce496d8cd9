/* What a visitor takes along of a view: its figure as a file, its numbers and the citation on the clipboard. */
import { bytesOf } from "./arrays.js";
import { make } from "./dom.js";
import { bibtex } from "./figure/citation.js";
import { csv } from "./figure/csv.js";
import { pngOf, svgText } from "./figure/figure.js";
import { language, plural, t } from "./language.js";

const TYPES = {
  png: "image/png",
  svg: "image/svg+xml",
  csv: "text/csv",
  bib: "application/x-bibtex",
  txt: "text/plain",
  py: "text/x-python",
};

/* Hand the visitor a file: `content` is text or bytes. */
export const offer = (name, type, content) => {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

export const download = (name, type, base64) => offer(name, type, bytesOf(base64));

/* Copy a text, or hand it over as a file where the browser refuses; return what to say of `what`, a noun in the page's
   language. */
export const copy = async (what, text, name, ending) => {
  try {
    await navigator.clipboard.writeText(text);
    return t("{what} copied.", { what });
  } catch {
    offer(`${name}.${ending}`, TYPES[ending], text);
    const inside = language === "en" ? what.toLowerCase() : what;
    return t("This browser does not let the page copy: {what} saved as a file.", { what: inside });
  }
};

const copyData = ({ columns, rows }, name) =>
  copy(plural(rows.length, "Data with {n} row", "Data with {n} rows"), csv({ columns, rows }), name, "csv");

const button = (format, label, title, act) => {
  const node = make("button", { type: "button", "data-format": format, title }, label);
  node.addEventListener("click", act);
  return node;
};

/* Put the buttons into a component's `.saves`; the options are described in figure/figure.js. Until `ready()`, they say
   in its `.message` what comes `first`. */
export const saves = (element, { ready, first = t("Draw a digit first."), name, picture, data, more = [] }) => {
  const say = (text) => {
    element.querySelector(".message").textContent = text;
  };
  const once = (act) => async () => {
    if (!ready()) return say(first);
    try {
      say((await act()) ?? "");
    } catch (error) {
      console.warn(error);
      say(t("The file could not be made."));
    }
  };
  const saveSvg = () => offer(`${name()}.svg`, TYPES.svg, svgText(picture()));
  const savePng = async () => offer(`${name()}.png`, TYPES.png, await pngOf(picture()));
  const holder = element.querySelector(".saves");
  holder.setAttribute("role", "group");
  holder.setAttribute("aria-label", t("Take it along"));
  holder.replaceChildren(
    button("png", "PNG", t("Download the figure as PNG, 300 dpi"), once(savePng)),
    button("svg", "SVG", t("Download the figure as SVG"), once(saveSvg)),
    ...more.map(({ format, label, title, save }) => button(format, label, title, once(save))),
    ...(data
      ? [
          button(
            "csv",
            t("Copy data"),
            t("Copy the numbers of the figure as CSV"),
            once(() => copyData(data(), name())),
          ),
        ]
      : []),
    button("bib", t("Copy citation"), t("Copy a BibTeX entry"), async () =>
      say(await copy(t("Citation"), bibtex(), "inkling", "bib")),
    ),
  );
};
