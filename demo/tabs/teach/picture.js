/* Continues teach.js: what came of a lesson, on one sheet. */
const sentences = (selector) => find(selector).textContent.split(/(?<=\.) (?=[A-Z])/);

const barRow = ({ row, then, now }, digit) => {
  const y = 52 + 22 * digit, bar = (at, portion, height, fill) => svg("rect", { x: 40, y: at, width: 300 * portion, height, fill });
  return [write(20, y + 12, String(digit)), bar(y, came.before[digit], 5, "#94a3b8"), bar(y + 6, came.after[digit], 9, "#ef7d1a"),
    write(460, y + 12, `${then.textContent} → ${now.textContent}`, { "text-anchor": "end", ...(row.classList.contains("best") ? { "font-weight": 700 } : {}) })];
};

const changedDigit = (figure, index, top) => {
  const x = 20 + 66 * (index % 12), y = top + 88 * Math.floor(index / 12), words = [...figure.querySelector("figcaption").childNodes].filter((node) => node.data);
  return [svg("image", { href: figure.querySelector("canvas").toDataURL(), x: x + 8, y, width: 40, height: 40, style: "image-rendering: pixelated" }),
    ...words.map(({ data }, row) => write(x + 28, y + 54 + 14 * row, data, { "text-anchor": "middle", "font-size": 11 }))];
};

const picture = () => {
  const told = [...sentences(".steps"), ...sentences(".sides"), ...sentences(".sample")], digits = [...find(".changed").children];
  const top = 310 + 20 * told.length, height = top + 88 * Math.ceil(digits.length / 12);
  return paper(820, height, 12.5, write(20, 30, find(".verdict").textContent, { "font-size": 16, "font-weight": 600 }), write(480, 64, "grey before, orange after", { "font-size": 11 }),
    ...bars.flatMap(barRow), ...told.map((sentence, row) => write(20, 300 + 20 * row, sentence)), ...digits.flatMap((figure, index) => changedDigit(figure, index, top)));
};
saves(element, { ready: () => came, first: "Teach it something first.", name: () => `taught-${best(came.after)}`, picture });
