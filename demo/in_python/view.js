/* Below each view: the lines of Python that compute what it shows. */
import { on } from "../web/bus.js";
import { make } from "../web/dom.js";
import { t } from "../web/language.js";
import { pageLink } from "../web/page_link.js";
import { opened } from "../web/route.js";
import { copy } from "../web/save.js";
import { adapted } from "./program.js";

const DRAWING = t("Your drawing does not fit into a line of code, so an example stands here.");
const MODEL = t(
  "Your own model is no file yet, so a shipped one stands here: download yours in Train, and name its file.",
);

/* Each line is an element, so that the rest of a long line can stand further in. */
const linesOf = (code) => code.split(/(?<=\n)/).map((line) => make("span", { class: "line" }, line));

export const mount = ({ element, props }) => {
  const find = (selector) => element.querySelector(selector);
  const shipped = new Set(props.models);
  let reads = props.models[0];

  const show = () => {
    const view = opened();
    if (!view || !find("details").open) return;
    const program = adapted(props.snippets[view], { link: pageLink(), model: reads });
    const notes = [program.drawing && DRAWING, program.model && MODEL].filter(Boolean);
    find("pre code").replaceChildren(...linesOf(program.code));
    find(".stands-in").textContent = notes.join(" ");
    find(".stands-in").hidden = !notes.length;
    find(".message").textContent = "";
  };

  find("details").addEventListener("toggle", show);
  on("opened", show);
  on("reading", ({ source, whole }) => {
    if (!whole) return;
    const token = source.model ?? props.models[0];
    reads = shipped.has(token) ? token : null;
    show();
  });
  find(".copy").addEventListener("click", async () => {
    const code = find("pre code").textContent;
    find(".message").textContent = await copy(t("Code"), code, `inkling-${opened()}`, "py");
  });
};
