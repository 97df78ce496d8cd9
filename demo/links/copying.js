/* Put a link on the clipboard, or show it where it can be copied by hand. */
import { t } from "../web/language.js";

const BY_HAND = t("The browser does not let this page copy: copy the link from here.");

/* Copy `link`, and say `words` in `status`; `field` is an <input> that shows the link, or only if that fails. */
export const copyLink = async (link, { field, status, words }) => {
  field.value = link;
  try {
    await navigator.clipboard.writeText(link);
    status.textContent = words;
  } catch {
    field.hidden = false;
    field.focus();
    field.select();
    status.textContent = BY_HAND;
  }
};
