/* Sliders for the settings that may change while a training runs. */
import { settingScales } from "./scale.js";

/* Return what shows a training's settings on the sliders of `element`; `change(settings)` sends what a visitor chose.
 */
export const settingSliders = (element, change) => {
  const sliders = [...element.querySelectorAll("[data-setting]")];
  let job = null, // of the shown training, and the scales of its sliders
    scales = settingScales(1),
    dragging = false; // a slider that the visitor moves is left alone

  const write = (slider, value) => {
    slider.previousElementSibling.textContent = scales[slider.dataset.setting].words(value);
  };
  const chosen = (slider) => scales[slider.dataset.setting].value(Number(slider.value));

  for (const slider of sliders) {
    slider.addEventListener("input", () => {
      dragging = true;
      write(slider, chosen(slider));
    });
    slider.addEventListener("change", async () => {
      await change({ [slider.dataset.setting]: chosen(slider) });
      dragging = false;
    });
  }

  return ({ id, settings, learning }) => {
    if (job !== id) scales = settingScales(settings.lr);
    job = id;
    for (const slider of sliders) {
      const { setting } = slider.dataset;
      slider.disabled = !learning;
      if (dragging) continue;
      slider.value = scales[setting].position(settings[setting]);
      write(slider, settings[setting]);
    }
  };
};
