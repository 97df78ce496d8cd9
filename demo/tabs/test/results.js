/* The parts of tab "Test" that show the progress and the accuracy. */
import { grouped, t } from "../../web/language.js";
import { accuracyDetail, exactPercent } from "./words.js";

export const results = (element, find) => {
  const progress = (words, share) => {
    find(".wait").hidden = !words;
    find(".wait span").textContent = words ?? "";
    if (share === null) find("progress").removeAttribute("value");
    else find("progress").value = share ?? 0;
  };
  return {
    /* Show what goes on and how far it is, a share in [0, 1], null if unknown; without words nothing goes on. */
    progress,
    say: (text) => {
      find(".message").textContent = text;
    },
    /* Show or hide what is measured on the test digits. */
    setVisible: (visible) => {
      for (const part of element.querySelectorAll(".tested")) part.hidden = !visible;
      if (!visible) find(".summary").textContent = find(".detail").textContent = "";
    },
    showMissing: ({ missing, fetched }) => {
      find(".missing").hidden = !missing || fetched !== undefined;
      if (!missing) return;
      const share = Math.round(100 * (fetched ?? 0));
      progress(fetched === undefined ? null : t("Fetching MNIST, {share} %", { share }), fetched);
    },
    showAccuracy: (result, name, source) => {
      find(".summary").textContent = t("Of {images} test digits {model} reads {share} right.", {
        images: grouped(result.images),
        model: name,
        share: exactPercent(result.accuracy),
      });
      find(".detail").textContent = `${accuracyDetail(result)} ${source}`;
    },
  };
};
