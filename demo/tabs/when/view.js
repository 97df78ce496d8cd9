const { on, chosen, choose, make, svg, unpack, paint, percent, call, buildMap, digitColour, onceAFrame, player, saves, pointing, called, doubtful, ifItIs, looker, eachClass } = window.inkling;
const find = (selector) => element.querySelector(selector);
const SHEET = 280;             // units of the pad's sheet
const THUMB = 8;               // pixels from the slider's end to where its thumb can go; the chart has the same margin
const MANY = 3000;             // points of a drawn path; of more, some are left out
const LONGEST = 600, EVEN = 4000; // milliseconds: of a pause while it plays, and of all where nobody knows the times

let seen = null, parts = null; // the page's reading; the readings of the drawing's beginnings
let now = 0, version = 0, stale = true;

const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
const say = (text) => { find(".message").textContent = text; };
const share = (part) => `${Math.round(100 * parts.share[part])} %`;
const after = (part) => (parts.time ? `, ${(parts.time[part] / 1000).toFixed(1)} s after the pen touched down` : "");
const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/* ---- the moment of decision, in words ---- */
const decision = () => {
  const { digit, settled, sure } = parts, last = digit.at(-1), took = [...new Set(digit.slice(0, settled))];
  const changes = digit.filter((found, part) => part && found !== digit[part - 1]).length;
  const knew = settled ? `It ${sure.at(-1) ? "knew" : "settled"} after ${share(settled)} of the pen's way${after(settled)}: ${called(last)}.` : `From the first part that can be read, ${share(0)} of the pen's way, it said ${called(last)} and stayed with it.`;
  const before = settled ? ` Before that it took it for ${listed(took.map(called))}${changes > took.length ? `, and changed its mind ${changes} times in all` : ""}.` : "";
  return `${knew}${before}${sure.at(-1) ? "" : " The whole drawing, too, is probably not a digit to it."}`;
};

/* ---- the chart: ten bands that fill the height together ---- */
const chart = { bands: [], head: null, width: 0, height: 0 };
const x = (portion) => THUMB + portion * (chart.width - 2 * THUMB);

const buildChart = () => {
  if (!parts) return;
  const holder = find(".chart");
  [chart.width, chart.height] = [holder.clientWidth || 800, holder.clientHeight || 190];
  const below = parts.probs.map((probs) => probs.reduce((sums, portion) => [...sums, sums.at(-1) + portion], [0]));
  const y = (sum) => chart.height * (1 - Math.min(sum, 1)), at = (part, sum) => `${x(parts.share[part]).toFixed(1)},${y(sum).toFixed(1)}`;
  const all = [...parts.share.keys()];
  chart.bands = parts.probs[0].map((_, digit) => svg("polygon", { fill: digitColour(digit), stroke: "#0b1120", "stroke-width": 0.6, "data-digit": digit,
    points: [...all.map((part) => at(part, below[part][digit + 1])), ...[...all].reverse().map((part) => at(part, below[part][digit]))].join(" ") }));
  const labels = runs().map(({ digit, from, to }) => {
    const part = Math.round((from + to) / 2), wide = x(parts.share[to]) - x(parts.share[from]);
    const room = 10 * called(digit).length + 2, word = called(digit).length > 1;
    return wide < room && (word || (from !== 0 && to !== parts.share.length - 1)) ? "" : words(x(parts.share[part]), y(below[part][digit] + parts.probs[part][digit] / 2), 18, "#000", called(digit), { "font-weight": 800 });
  });
  const first = x(parts.share[0]), knew = x(parts.share[parts.settled]);
  const mark = [svg("line", { x1: knew, x2: knew, y1: 0, y2: chart.height, stroke: "#0b1120", "stroke-width": 4 }), svg("line", { x1: knew, x2: knew, y1: 0, y2: chart.height, stroke: "#fff", "stroke-width": 1.6, "stroke-dasharray": "5 4", class: "knew" }),
    words(knew + (knew > chart.width - 90 ? -6 : 6), 14, 13, "#fff", "it knew", { "text-anchor": knew > chart.width - 90 ? "end" : "start", "font-weight": 700, stroke: "#0b1120", "stroke-width": 4, "paint-order": "stroke" })];
  chart.head = svg("g", {}, svg("line", { y1: 0, y2: chart.height, stroke: "#0b1120", "stroke-width": 5 }), svg("line", { y1: 0, y2: chart.height, stroke: "#fff", "stroke-width": 2.4 }));
  const early = first - THUMB > 110 ? [words((THUMB + first) / 2, chart.height / 2, 12, "#cbd5e1", "nothing to read yet")] : [];
  holder.replaceChildren(svg("svg", { viewBox: `0 0 ${chart.width} ${chart.height}`, xmlns: "http://www.w3.org/2000/svg", role: "img", "aria-label": "Probability of each digit along the pen's way" },
    svg("rect", { width: chart.width, height: chart.height, fill: "#0b1120" }), ...chart.bands, ...labels, ...early, ...mark, chart.head));
};

const words = (left, top, size, fill, text, more = {}) => svg("text", { x: left, y: top, "font-size": size, fill, "text-anchor": "middle", "dominant-baseline": "central", "font-family": "system-ui, sans-serif", "pointer-events": "none", ...more }, String(text));

/* Stretches of the way over which the answer is the same. */
const runs = () => parts.digit.reduce((found, digit, part) => {
  if (found.at(-1)?.digit === digit) found.at(-1).to = part;
  else found.push({ digit, from: part, to: part });
  return found;
}, []);
