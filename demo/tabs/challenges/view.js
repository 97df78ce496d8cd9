/* Four challenges, a card each. */

import { on } from "../../web/bus.js";
import { dareText } from "./dare.js";
import { dataCard } from "./data_card.js";
import { foolCard } from "./fool_card.js";
import { guessCard } from "./guess_card.js";
import { inkCard } from "./ink_card.js";

const CARDS = { fool: foolCard, guess: guessCard, ink: inkCard, data: dataCard };

export const mount = ({ element, server }) => {
  const say = (text) => {
    element.querySelector(".message").textContent = text;
  };
  for (const [name, build] of Object.entries(CARDS)) {
    const card = element.querySelector(`[data-challenge="${name}"]`);
    build(card, { say, values: server.values });
  }

  /* The result in the link that opened the page. */
  on("challenge", (challenge) => {
    const card = element.querySelector(`[data-challenge="${challenge.name}"]`),
      dare = card?.querySelector(".dare");
    if (!dare) return;
    dare.textContent = dareText(challenge, String);
    dare.hidden = !dare.textContent;
    if (!dare.hidden) card.scrollIntoView({ block: "nearest" });
  });
};
