/* A card for each network: what it reads in the drawing, how good it is, and why it answers so. */
import { unpack } from "../../web/arrays.js";
import { make, svg } from "../../web/dom.js";
import { gridOf } from "../../web/grid.js";
import { t } from "../../web/language.js";
import { argmax } from "../../web/numbers.js";
import { colourMap } from "../../web/patch_map.js";
import { accuracyText, NAMES, readText, weightsText } from "./words.js";

const newCard = (network) =>
  make(
    "section",
    { class: "card", "data-network": network.name, "aria-label": NAMES[network.name] },
    make("h4", {}, NAMES[network.name]),
    make("p", { class: "weights" }, weightsText(network)),
    make("p", { class: "digit" }),
    make("p", { class: "sure" }),
    svg("svg", { class: "probs", viewBox: "0 0 100 34", preserveAspectRatio: "xMinYMid", "aria-hidden": "true" }),
    make("p", { class: "accuracy" }),
    make("div", { class: "map", hidden: "" }),
    make("p", { class: "why" }),
  );

/* Ten bars with their digits below. */
const bars = (probs) =>
  probs.flatMap((share, digit) => [
    svg("rect", { x: 10 * digit + 1, y: 24 - 24 * share, width: 8, height: 24 * share, fill: "var(--line)" }),
    svg("text", { x: 10 * digit + 5, y: 33, "font-size": 8, "text-anchor": "middle", fill: "currentColor" }, digit),
  ]);

const fill = (card, network) => {
  const find = (selector) => card.querySelector(selector);
  find(".accuracy").textContent = network.points.length ? accuracyText(network) : "";
  if (!network.probs) return;
  find(".digit").textContent = argmax(network.probs);
  find(".sure").textContent = readText(network.probs);
  find(".probs").replaceChildren(...bars(network.probs));
};

/* The cards in `holder`. */
export const cards = (holder) => {
  const cardOf = (name) => holder.querySelector(`[data-network="${name}"]`);
  return {
    show: (networks) => {
      for (const network of networks) {
        if (!cardOf(network.name)) holder.append(newCard(network));
        fill(cardOf(network.name), network);
      }
    },
    explain: (maps, image) => {
      for (const [name, { digit, values, exact }] of Object.entries(maps)) {
        const card = cardOf(name),
          map = card.querySelector(".map"),
          numbers = unpack(values).data;
        map.hidden = false;
        card.classList.remove("old");
        colourMap(map, gridOf(numbers.length), image, numbers);
        card.querySelector(".why").textContent = exact
          ? t("Why {digit}: exact", { digit })
          : t("Why {digit}: estimated", { digit });
      }
    },
    /* The maps are those of an older drawing from now on. */
    outdate: () => {
      for (const card of holder.children) card.classList.add("old");
    },
    clear: () => holder.replaceChildren(),
  };
};
