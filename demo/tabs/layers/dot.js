/* The dot of the token map under the pointer, with the picture of its test digit. */

import { t } from "../../web/language.js";
import { call } from "../../web/server.js";
import { MAP_SIDE } from "./token_map.js";

const SIDE = 28; // pixels of a test digit

const dotText = (label, hasPicture) => {
  if (label === null) return t("Point at a dot to see its test digit.");
  const text = t("A test digit, labelled {label}.", { label });
  return hasPicture ? text : `${text} ${t("Its picture does not ship with this page.")}`;
};

/* Follow the pointer over `drawnMap`; `fetchPictures` asks the server once for the pictures of the shipped digits. */
export const dotUnderPointer = (element, shown, drawnMap, server) => {
  const find = (selector) => element.querySelector(selector);
  let pictures = null;

  const drawPicture = (index) => {
    const { image, columns } = pictures,
      [x, y] = [(index % columns) * SIDE, Math.floor(index / columns) * SIDE];
    find(".dot canvas").getContext("2d").drawImage(image, x, y, SIDE, SIDE, 0, 0, SIDE, SIDE);
  };

  const show = (index) => {
    const picture = index === null ? -1 : shown.map.pictures[index];
    find(".dot canvas").getContext("2d").clearRect(0, 0, SIDE, SIDE);
    if (picture >= 0 && pictures) drawPicture(picture);
    find(".dot span").textContent = dotText(index === null ? null : shown.map.labels[index], picture >= 0);
  };

  const holder = find(".token-map");
  holder.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (!shown.map || !shown.path) return;
    const { left, top, width, height } = holder.getBoundingClientRect();
    show(drawnMap.dotAt(((clientX - left) / width) * MAP_SIDE, ((clientY - top) / height) * MAP_SIDE));
  });
  holder.addEventListener("pointerleave", () => {
    if (shown.map) show(null);
  });

  const fetchPictures = async () => {
    if (pictures) return;
    const { sheet, columns } = await call(server.pictures, {}),
      image = new Image();
    image.src = `data:image/png;base64,${sheet}`;
    await image.decode();
    pictures = { image, columns };
  };

  return { fetchPictures };
};
