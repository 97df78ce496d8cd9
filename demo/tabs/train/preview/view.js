import { t } from "../../../web/language.js";

export const mount = ({ element, props, watch }) => {
  const find = (selector) => element.querySelector(selector);

  const show = () => {
    const { sheet, varied } = props.value ?? {};
    find("img").hidden = !sheet;
    if (sheet) find("img").src = `data:image/png;base64,${sheet}`;
    find(".caption").textContent = sheet
      ? varied
        ? t("What it will learn from, varied each time:")
        : t("What it will learn from, always as they are:")
      : "";
  };

  watch("value", show);
  show();
};
