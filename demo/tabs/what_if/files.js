/* The download of tab "What if": the two maps, and the probabilities before and now. */
import { called } from "../../web/class_names.js";
import { svg } from "../../web/dom.js";
import { percent } from "../../web/format.js";
import { paper, write } from "../../web/save.js";

const mapWithTitle = (holder, index) => {
  const map = holder.firstChild.cloneNode(true),
    x = 20 + 260 * index,
    [name, more] = holder.nextElementSibling.textContent.split(/: /);
  for (const [attribute, value] of Object.entries({ x, y: 66, width: 240, height: 240 }))
    map.setAttribute(attribute, value);
  return [write(x, 58, name), write(x, 324, more, { "font-size": 11 }), map];
};

const barRow = (digit, before, now) => {
  const y = 66 + 24 * digit,
    bar = (top, portion, height, fill) => svg("rect", { x: 556, y: top, width: 150 * portion, height, fill });
  return [
    write(540, y + 13, called(digit)),
    bar(y, before, 5, "#94a3b8"),
    bar(y + 6, now, 9, "#ef7d1a"),
    write(716, y + 13, percent(now)),
  ];
};

export const comparisonSheet = (title, maps, before, now) =>
  paper(
    780,
    340,
    12.5,
    write(20, 28, title, { "font-size": 16, "font-weight": 600 }),
    ...maps.flatMap(mapWithTitle),
    write(540, 58, "grey before, orange now"),
    ...now.probs.flatMap((portion, digit) => barRow(digit, before.probs[digit], portion)),
  );
