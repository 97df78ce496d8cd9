const { on, make, percent } = window.inkling;
const spoken = element.querySelector(".spoken");

const rows = Array.from({ length: 10 }, (_, digit) => {
  const fill = make("div", { class: "fill" }), share = make("span", { class: "share" }, "–");
  const row = make("li", { "data-digit": digit }, make("span", {}, String(digit)), make("div", { class: "track" }, fill), share);
  element.querySelector("ol").append(row);
  return { row, fill, share };
});

const show = (probs, best) => rows.forEach(({ row, fill, share }, digit) => {
  fill.style.transform = `scaleX(${probs ? probs[digit] : 0})`;
  share.textContent = probs ? percent(probs[digit]) : "–";
  row.classList.toggle("best", digit === best);
});

on("reading", ({ probs, digit, whole }) => {
  show(probs, digit);
  if (whole) spoken.textContent = `Read as ${digit}, ${percent(probs[digit])} sure`;
});
on("nothing", () => { show(null, -1); spoken.textContent = ""; });
