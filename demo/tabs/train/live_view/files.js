/* Continues watch.js: what is shown of one moment, on one sheet. */

const barRow = ({ row, share }, digit) => {
  const y = 80 + 22 * digit, said = row.classList.contains("best") ? { "font-weight": 700 } : {};
  return [write(20, y + 11, named(digit), said), svg("rect", { x: 90, y, width: 130 * frame.probs[digit], height: 13, fill: "#ef7d1a" }), write(280, y + 11, share.textContent, { "text-anchor": "end", ...said })];
};

/* The maps stand beside each other, each under what it is called. */
const mapsOf = () => [["looks", "where it looks"], ...(frame.occlusion ? [["occlusion", `${named(film.digit)}: lost without each patch`], ["relevance", `${named(film.digit)}: relevance`]] : [])].flatMap(([name, title], index) => {
  const map = find(`.${name} svg`).cloneNode(true), x = 320 + 170 * index;
  for (const [attribute, value] of Object.entries({ x, y: 80, width: 150, height: 150 })) map.setAttribute(attribute, value);
  return [write(x, 72, title, { "font-size": 11 }), map];
});

const readAlong = (figure, index) => {
  const x = 320 + 50 * (index % 10), y = 272 + 64 * Math.floor(index / 10);
  return [svg("image", { href: figure.querySelector("canvas").toDataURL(), x, y, width: 42, height: 42, style: "image-rendering: pixelated" }), write(x + 21, y + 55, figure.querySelector("figcaption").textContent, { "text-anchor": "middle", "font-size": 11 })];
};

const picture = () => {
  const along = [...find(".strip").children], height = 20 + Math.max(80 + 22 * bars.length, 272 + 64 * Math.ceil(along.length / 10));
  return paper(840, height, 12.5, write(20, 28, find(".verdict").textContent, { "font-size": 16, "font-weight": 600 }), write(20, 48, find(".moment").textContent),
    ...bars.flatMap(barRow), ...mapsOf(), write(320, 260, `Test digits, read along: ${find(".score").textContent}`, { "font-size": 11 }), ...along.flatMap(readAlong));
};
saves(element, { ready: () => frame, name: () => `watched-step-${frame.step}`, picture });
