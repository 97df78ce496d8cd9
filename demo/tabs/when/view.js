import { here } from "../../web/answers/here.js";
import { unpack } from "../../web/arrays.js";
import { on } from "../../web/bus.js";
import { called } from "../../web/class_names.js";
import { onceAFrame } from "../../web/dom.js";
import { isInSight, whenInSight } from "../../web/in_sight.js";
import { t } from "../../web/language.js";
import { pageLink } from "../../web/page_link.js";
import { player } from "../../web/player.js";
import { offer, saves } from "../../web/save.js";
import { chosen, pointing } from "../../web/selection.js";
import { call, failureText, newest } from "../../web/server.js";
import { predictionText, probabilityBars } from "./bars.js";
import { drawChart, THUMB } from "./chart.js";
import { decisionText, nearest, partText, timetable } from "./decision.js";
import { drawImages, drawSheet } from "./drawing.js";
import { whenFigure, whenTable } from "./files.js";
import { filmOf } from "./film.js";

export const mount = ({ element, server }) => {
  const askParts = here("tabs/when", "parts", server.parts);
  const find = (selector) => element.querySelector(selector);
  let reading = null, // the page's last whole reading
    parts = null, // the readings of the drawing's beginnings
    now = 0, // the part that is shown
    chart = null,
    showSheet = null,
    showImage = null;
  const showBars = probabilityBars(find(".bars"));
  const say = (text) => {
    find(".message").textContent = text;
  };

  const attentionText = () =>
    parts.model.pool === "mean"
      ? t(
          "This part, scaled to the size of a whole digit. Orange: where all patches, on average, look in the last " +
            "layer, mean of its heads.",
        )
      : t(
          "This part, scaled to the size of a whole digit. Orange: where cls looks in the last layer, mean of its " +
            "heads.",
        );

  const showReading = () => {
    const digit = parts.digit[now],
      { short, long } = predictionText(digit, parts.probs[now][digit], parts.in_distribution[now]);
    find(".looks").textContent = attentionText();
    find(".read").textContent = short;
    find(".now").textContent = partText(parts, now, long);
    showBars(parts.probs[now], digit);
  };

  const show = () => {
    if (!parts) return;
    const { token, digit } = chosen();
    showSheet(parts.at[now]);
    showImage(now, token);
    showReading();
    chart.moveTo(now);
    chart.singleOut(digit);
    slider.value = 1000 * parts.share[now];
    slider.setAttribute("aria-valuetext", find(".now").textContent);
  };

  /* ---- the slider and the chart lead to the nearest part that was read ---- */
  const refresh = onceAFrame(show);
  const go = (to) => {
    now = Math.min(Math.max(to, 0), parts.share.length - 1);
    refresh();
  };
  const goFromChart = (event) => {
    if (!parts || (event.type === "pointermove" && !event.buttons)) return;
    const box = find(".chart").getBoundingClientRect();
    stop();
    go(nearest(parts.share, (event.clientX - box.left - THUMB) / (box.width - 2 * THUMB)));
  };
  for (const event of ["pointerdown", "pointermove"]) find(".chart").addEventListener(event, goFromChart);

  const begin = () => {
    const from = now >= parts.share.length - 1 ? 0 : now,
      moments = timetable(parts, from, find(".slow input").checked ? 4 : 1);
    go(from);
    return (passed) => {
      const next = moments.findIndex((moment, part) => part > from && moment > passed);
      go(next < 0 ? moments.length - 1 : next - 1);
      return next >= 0;
    };
  };
  const { slider, stop } = player(element, {
    ready: () => parts,
    begin,
    slide: (value) => go(nearest(parts.share, value / 1000)),
    rest: show,
    move: (by) => go(now + by),
    keys: { PageDown: -5, PageUp: 5 },
  });

  /* ---- a patch under the pointer is chosen in all views; a click keeps it chosen ---- */
  const { point, toggle } = pointing();
  const tokenOf = ({ dataset: { patch } }) => (patch === undefined ? undefined : Number(patch) + 1);
  const map = find('[data-map="image"]');
  map.addEventListener("pointerover", (event) => point(tokenOf(event.target)));
  map.addEventListener("pointerleave", () => point());
  map.addEventListener("click", (event) => {
    if (parts && event.target.dataset.patch) toggle(tokenOf(event.target));
  });

  /* ---- one request for each drawing; an answer to an older one is dropped ---- */
  const accept = (answer) => {
    parts = { ...answer, images: unpack(answer.images), attention: unpack(answer.attention) };
    now = parts.share.length - 1;
    find(".parts").hidden = false;
    find(".summary").textContent = decisionText(parts, called).join(" ");
    showSheet = drawSheet(find(".sheet"), parts.strokes);
    showImage = drawImages(map, parts);
    chart = drawChart(find(".chart"), parts);
    show();
  };

  const clear = (text) => {
    stop();
    parts = null;
    find(".parts").hidden = true;
    find(".summary").textContent = text;
  };

  const question = newest();
  const { ask } = whenInSight(element, async () => {
    if (!reading) return;
    const current = question.next(),
      { source, model, image } = reading;
    element.setAttribute("aria-busy", "true");
    try {
      const answer = await call(askParts, source);
      if (!current()) return;
      if (answer.error) return clear(answer.error);
      say("");
      accept({ ...answer, strokes: source.strokes, model, image });
    } catch (error) {
      if (current()) say(failureText(error));
    } finally {
      if (current()) element.setAttribute("aria-busy", "false");
    }
  });

  new ResizeObserver(() => {
    if (!parts || find(".chart").clientWidth === chart.width || !isInSight(element)) return;
    chart = drawChart(find(".chart"), parts);
    show();
  }).observe(find(".chart"));

  const saveFilm = async () => {
    say(t("Drawing the frames…"));
    offer(`when-${parts.digit.at(-1)}.gif`, "image/gif", await filmOf(parts, pageLink()));
  };
  saves(element, {
    ready: () => parts,
    name: () => `when-${parts.digit.at(-1)}`,
    picture: () => whenFigure(find, { parts, now, digit: chosen().digit, sentences: decisionText(parts, called) }),
    data: () => whenTable(parts),
    more: [{ format: "gif", label: "GIF", title: t("Download the drawing as it is read, animated"), save: saveFilm }],
  });

  /* ---- following the page ---- */
  on("nothing", () => {
    question.cancel();
    reading = null;
    clear(t("Draw a digit first"));
    say("");
    element.setAttribute("aria-busy", "false");
  });

  on("reading", (message) => {
    if (!message.whole) return;
    stop();
    reading = message;
    ask();
  });

  on("chosen", show);
};
