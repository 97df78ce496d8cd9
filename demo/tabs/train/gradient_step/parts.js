/* Continues microscope.js: which parts brought the fall of the loss. */

const open = new Set(); // blocks that are unfolded
const title = (part) => (part.name === "block" ? `Layer ${part.block + 1}` : part.name[0].toUpperCase() + part.name.slice(1));
/* Queries, keys and values have their colour everywhere in the page: this is its name in the style. */
const hue = ({ name }) => ({ queries: "q", keys: "k", values: "v" })[name];
const outermost = () => look.parts.filter((part) => part.block === null || part.name === "block");
const inside = (part) => part.block !== null && part.name !== "block";
const shownParts = () => look.parts.filter((part) => !inside(part) || open.has(part.block));

/* From the worst to the best that one part does; zero lies between. */
const span = () => {
  const falls = shownParts().map((part) => part.alone[at] ?? 0);
  const low = Math.min(0, ...falls), high = Math.max(0.001, ...falls);
  return { low, high, place: (value) => (100 * (Math.min(Math.max(value ?? 0, low), high) - low)) / (high - low) };
};

const moved = (part) => (part.length ? `${number((100 * part.moved[at]) / part.length)} %` : number(part.moved[at]));

const bar = (part, { place }) => {
  const from = place(0), to = place(part.alone[at]);
  return make("span", { class: "alone" }, make("u", { style: `left: ${from}%` }), make("i", { class: to < from ? "up" : "", style: `left: ${Math.min(from, to)}%; width: ${Math.abs(to - from)}%` }), make("b", { style: `left: ${place(part.predicted[at])}%` }));
};

const line = (part, spans) => {
  const fall = part.alone[at], says = fall === null ? "gives no number" : fall < 0 ? `raises the loss by ${number(-fall)}` : `lowers the loss by ${number(fall)}`;
  const tip = `${title(part)} alone ${says}; the slope promised ${number(part.predicted[at])}. Its parameters, ${number(part.length, 3)} long, move by ${number(part.moved[at])}.`;
  const block = part.name === "block", made = make(block ? "button" : "div", { class: "part", title: tip, ...(block ? { type: "button", "aria-expanded": open.has(part.block), "data-block": part.block } : {}) });
  made.append(make("span", { class: "name" }, hue(part) ? make("b", { class: hue(part) }, title(part)) : title(part)), bar(part, spans), make("span", {}, moved(part)), make("span", {}, number(part.gradient)));
  const item = make("li", inside(part) ? { class: "within" } : {}, made);
  item.hidden = inside(part) && !open.has(part.block);
  return item;
};

const showParts = () => {
  const focused = element.getRootNode().activeElement?.dataset?.block, spans = span();
  find(".parts").replaceChildren(...look.parts.map((part) => line(part, spans)));
  find(".scale").textContent = `fall of the loss, up to ${number(spans.high)}`;
  if (focused) find(`[data-block="${focused}"]`)?.focus();
  const fall = look.before.loss - look.after[at].loss, apart = outermost().reduce((sum, part) => sum + part.alone[at], 0);
  find(".sum").textContent = Math.abs(fall) < 0.001 && Math.abs(apart) < 0.001 ? "No part changes the loss by as much as 0.001." : `All parts together ${fall < 0 ? "raise" : "lower"} the loss by ${number(Math.abs(fall), 3)}; what each would do alone adds up to ${apart < 0 ? "a rise" : "a fall"} of ${number(Math.abs(apart), 3)}. ${togetherness(fall, apart)}`;
};

/* Parts change the loss together, so what each does alone need not add up. */
const togetherness = (fall, apart) => {
  if (fall < 0) return "Together they overshoot.";
  if (Math.abs(fall - apart) <= 0.05 * Math.max(Math.abs(fall), Math.abs(apart))) return "The two agree, as they do for short steps.";
  return fall > apart ? "Together they do more: each makes the others' steps count for more." : "Together they do less: what one part has brought, the next cannot bring again.";
};
