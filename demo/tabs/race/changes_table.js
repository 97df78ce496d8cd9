/* The table of the accuracies on changed test digits: one row a change, one column a network. */
import { make } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { t } from "../../web/language.js";
import { CHANGES, NAMES } from "./words.js";

const row = (change, networks) => {
  const shares = networks.map(({ results }) => results[change]),
    most = Math.max(...shares);
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, CHANGES[change]),
    ...shares.map((share) => make("td", share === most ? { class: "best" } : {}, percent(share))),
  );
};

export const showChanges = (table, networks) => {
  table.replaceChildren(
    make("caption", {}, t("Share of 1,000 test digits that is read right")),
    make(
      "thead",
      {},
      make("tr", {}, make("td"), ...networks.map(({ name }) => make("th", { scope: "col" }, NAMES[name]))),
    ),
    make("tbody", {}, ...Object.keys(CHANGES).map((change) => row(change, networks))),
  );
};
