/* A result to share: a sentence, and a link that opens the challenge with it. */
import { t } from "../../web/language.js";
import { pageLink } from "../../web/page_link.js";
import { copy } from "../../web/save.js";

/* A link with the result; `drawn`: the drawing on the sheet belongs to it. */
const linkTo = (name, code, drawn) =>
  pageLink({ view: "challenges", challenge: { name, result: code }, ...(!drawn && { sheet: undefined }) });

/* The card's result: `show(text, shared, code)` shows `text`, and lets the visitor copy `shared` with a link. */
export const result = (card, say) => {
  const button = card.querySelector(".share");
  let shared = "",
    code = "",
    drawn = () => false;
  button.addEventListener("click", async () => {
    const words = [shared, linkTo(card.dataset.challenge, code, drawn())].filter(Boolean).join("\n");
    say(await copy(t("Result"), words, "inkling-result", "txt"));
  });
  return (text, words, itsCode = "", isDrawn = () => false) => {
    card.querySelector(".best").textContent = text;
    [shared, code, drawn] = [words, itsCode, isDrawn];
    button.disabled = !words;
  };
};
