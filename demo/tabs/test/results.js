/* The parts of tab "Test" that show the progress and the accuracy. */
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
      if (missing) progress(fetched === undefined ? null : `Fetching MNIST, ${Math.round(100 * fetched)} %`, fetched);
    },
    showAccuracy: (result, name, source) => {
      find(".summary").textContent =
        `Of ${result.images.toLocaleString("en")} test digits ${name} reads ${exactPercent(result.accuracy)} right.`;
      find(".detail").textContent = `${accuracyDetail(result)} ${source}`;
    },
  };
};
