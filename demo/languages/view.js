/* The choice of the page's language; and what Gradio itself shows of the page: its title, its first lines and its
   messages. */
import { make } from "../web/dom.js";
import { LANGUAGES, language, t, useLanguage } from "../web/language.js";
import { translateGradio } from "../web/translate_gradio.js";

export const mount = ({ element }) => {
  const select = element.querySelector("select");
  select.replaceChildren(
    ...Object.entries(LANGUAGES).map(([value, name]) => make("option", { value, lang: value }, name)),
  );
  select.value = language;
  select.addEventListener("change", () => useLanguage(select.value));
  document.title = t("Inkling: a vision transformer that you can touch");
  translateGradio(document.querySelectorAll("#welcome .prose, .toast-wrap"));
};
