const { on, make, percent } = window.inkling;
const find = (selector) => element.querySelector(selector);

const rows = Array.from({ length: 10 }, (_, digit) => {
  const fill = make("div", { class: "fill" }), share = make("span", { class: "share" }, "–");
  const row = make("li", { "data-digit": digit }, make("span", {}, String(digit)), make("div", { class: "track" }, fill), share);
  find("ol").append(row);
  return { row, fill, share };
});

const show = (probs, best) => rows.forEach(({ row, fill, share }, digit) => {
  fill.style.transform = `scaleX(${probs ? probs[digit] : 0})`;
  share.textContent = probs ? percent(probs[digit]) : "–";
  row.classList.toggle("best", digit === best);
});

/* No digit stands out while the drawing is in doubt, as half a digit often is. Words wait until the pen lifts; the
   colour does not, but of glances, ten a second, two must agree, so that it does not flicker. */
const AGREED = 2;
let doubted = true, against = 0;

const weigh = (sure, whole) => {
  against = sure === doubted ? against + 1 : 0;
  if (!whole && against < AGREED) return;
  doubted = !sure;
  against = 0;
};

const say = (verdict, more) => {
  find(".verdict").textContent = verdict;
  find("small").textContent = more;
};

on("reading", ({ probs, digit, sure, whole }) => {
  weigh(sure, whole);
  show(probs, doubted ? -1 : digit);
  if (!whole) return;
  if (doubted) say("Not sure this is a digit", `closest to ${digit === 8 ? "an" : "a"} ${digit}`);
  else say(`Read as ${digit}`, `${percent(probs[digit])} sure`);
});
on("nothing", () => { weigh(false, true); show(null, -1); say("", ""); });
