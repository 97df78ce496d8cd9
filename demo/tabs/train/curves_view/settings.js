/* Continues curves.js: settings that may change while a training goes on. */
const sliders = Object.fromEntries([...element.querySelectorAll("[data-setting]")].map((slider) => [slider.dataset.setting, slider]));
let moving = false; // whether the visitor is moving a slider, which then is left alone

/* A slider's place <-> its setting: rates in doublings of the recipe's, decays in powers of ten with none at the left. */
let begun = null; // the learning rate of the recipe, by job
const place = { lr: (value) => Math.log2(value / begun.lr), weight_decay: (value) => (value ? Math.log10(value) : -5), augmentation: (value) => value };
const value = { lr: (at) => Number((begun.lr * 2 ** at).toPrecision(4)), weight_decay: (at) => (at <= -5 ? 0 : Number((10 ** at).toPrecision(2))), augmentation: (at) => at };
const said = { lr: String, weight_decay: String, augmentation: (strength) => (strength ? `${strength} ×` : "off") };

const showSettings = ({ id, settings }, running) => {
  if (begun?.id !== id) begun = { id, lr: settings.lr };
  for (const [name, slider] of Object.entries(sliders)) {
    slider.disabled = !running;
    if (moving) continue;
    slider.value = place[name](settings[name]);
    slider.previousElementSibling.textContent = said[name](settings[name]);
  }
};

const change = async (settings) => {
  try {
    const answer = await call(server.change, { job: shown.id, settings });
    find(".message").textContent = answer.error ?? "";
    if (answer.view) show(answer.view);
  } catch { find(".message").textContent = "The server does not answer. Try again in a moment."; }
};

for (const [name, slider] of Object.entries(sliders)) {
  slider.addEventListener("input", () => {
    moving = true;
    slider.previousElementSibling.textContent = said[name](value[name](Number(slider.value)));
  });
  slider.addEventListener("change", async () => {
    await change({ [name]: value[name](Number(slider.value)) });
    moving = false;
  });
}

show(null);
on("training", show);
