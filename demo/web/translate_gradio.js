/* Texts of Gradio's own components in the page's language: labels, buttons, choices and Markdown. They do not come from
   our templates, so each text is looked up by its English words, now and whenever Gradio writes it again. */
import { hasMessage, language, t } from "./language.js";
import { sentence } from "./sentences.js";

const PROSE = "h1, h2, h3, h4, p, li"; // of Markdown: one message each, with the marks in it

const squeezed = (text) => text.replace(/\s+/g, " ").trim();

const translateProse = (element) => {
  const message = squeezed(element.innerHTML);
  if (!hasMessage(message)) return;
  const translated = t(message);
  if (translated !== message) element.innerHTML = translated; // from our own catalogue; the same would be seen as news
};

/* A text that Gradio changes later stays the node that it knows. */
const translateText = (node) => {
  const text = squeezed(node.data),
    found = /\p{L}/u.test(text) ? sentence(text) : text;
  if (found !== text) node.data = node.data.replace(node.data.trim(), () => found);
};

const translateTexts = (root) => {
  for (const element of root.querySelectorAll(PROSE)) translateProse(element);
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!texts.currentNode.parentElement.closest(".view, code, style, script")) translateText(texts.currentNode);
  }
};

/* Translate what Gradio shows in `roots`, and what it shows there later. */
export const translateGradio = (roots) => {
  if (language === "en") return;
  for (const root of roots) {
    const observer = new MutationObserver((records) => {
      if (records.some(({ target }) => !(target.parentElement ?? target).closest(".view"))) translateAll();
    });
    const translateAll = () => {
      observer.disconnect(); // what is written here is no news
      translateTexts(root);
      observer.observe(root, { childList: true, characterData: true, subtree: true });
    };
    translateAll();
  }
};
