/* One snapshot of the weights: how it reads the drawing and the test digits, its filters and position embeddings. */
import { gridOf } from "../../../web/grid.js";
import { colourAttention, colourMap } from "../../../web/patch_map.js";
import { setText } from "../training.js";
import { buildBars } from "./bars.js";
import { buildTestDigits } from "./test_digits.js";
import { drawFilters, drawPositions } from "./weights.js";
import { readingWords } from "./words.js";

export const snapshotView = (element) => {
  const find = (selector) => element.querySelector(selector);
  let names = [],
    showBars = null,
    showTestDigits = null; // null until they are there

  return {
    /* Start with a training that learns these classes. */
    reset: (classNames) => {
      names = classNames;
      showBars = buildBars(find(".bars"), names);
      showTestDigits = null;
      find(".test-digits").replaceChildren();
      find(".content").hidden = true;
    },
    hasTestDigits: () => showTestDigits !== null,
    setTestDigits: (digits) => {
      showTestDigits = buildTestDigits(find(".test-digits"), digits, names);
    },
    show: (snapshot, image) => {
      find(".content").hidden = false;
      setText(find(".summary"), readingWords(snapshot, names));
      showBars(snapshot.probs);
      find(".score").textContent = showTestDigits?.(snapshot.test_digits) ?? "";
      colourAttention(find(".attention"), image, snapshot.attention);
      drawFilters(find(".filters"), snapshot.filters);
      find(".places").hidden = !snapshot.positions;
      if (snapshot.positions) drawPositions(find(".positions"), snapshot.positions);
      find(".why").hidden = !snapshot.occlusion;
      for (const map of snapshot.occlusion ? ["occlusion", "relevance"] : []) {
        colourMap(find(`.${map}`), gridOf(snapshot[map].data.length), image, snapshot[map].data);
      }
    },
  };
};
