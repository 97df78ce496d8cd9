/* The two ends of a comparison: the page, and the same page in a frame below it. They have one origin; messages of
   another one are not heard. */
import { emit, on, tell } from "../../web/bus.js";
import { language } from "../../web/language.js";
import { open } from "../../web/route.js";
import { choose, likeIn, readingModel } from "../../web/selection.js";

const listen = (from, act) =>
  window.addEventListener("message", ({ origin, source, data }) => {
    if (origin === window.location.origin && source === from() && data?.beside) act(data.beside);
  });

/* The address of the page in the frame, which begins with a view and a model. */
export const address = (view, model) => {
  const search = new URLSearchParams(window.location.search);
  search.delete("embed");
  search.set("beside", "1");
  return `${window.location.pathname}?${search}#view=${view}&model=${model}&lang=${language}`;
};

/* In the first page: send the frame what lies on the sheet and what is chosen, now and whenever it changes.
   `reads(model)` is called with the token of the model that reads in the frame. Returns a function that makes another
   model read there, by its token; null for the one of its address. */
export const lead = (frame, reads) => {
  const last = {};
  let ready = false;
  const send = (message) => {
    Object.assign(last, message);
    if (ready) frame.contentWindow?.postMessage({ beside: message }, window.location.origin);
  };
  on("sheet", (sheet) => send({ sheet }));
  on("opened", (view) => send({ view }));
  on("chosen", (selection) => send({ selection, model: readingModel() }));
  listen(
    () => frame.contentWindow,
    ({ model }) => {
      reads(model);
      if (ready) return;
      ready = true;
      send({ ...last });
      fitHeight(frame);
    },
  );
  frame.addEventListener("load", () => {
    ready = false;
  });
  return (token) => send({ token });
};

/* The frame is as high as what it shows. */
const fitHeight = (frame) => {
  const shown = frame.contentDocument.querySelector("#page");
  new frame.contentWindow.ResizeObserver(() => {
    frame.style.height = `${Math.ceil(shown.getBoundingClientRect().height) + 40}px`;
  }).observe(shown);
};

/* In the frame: do what the first page says. */
export const follow = (views) => {
  document.documentElement.dataset.beside = "";
  emit("lesson", { title: "", views, controls: true, tour: null });
  listen(
    () => window.parent,
    ({ sheet, view, selection, model, token }) => {
      if (view) open(view);
      if (token) tell("read_by", token);
      if (sheet) tell("put", sheet);
      if (selection && readingModel()) choose(likeIn(selection, model ?? readingModel(), readingModel()));
    },
  );
  let reported = null;
  on("reading", ({ whole, source: { model } }) => {
    if (!whole || model === reported) return;
    reported = model; // at first: the pad is there, and obeys
    window.parent.postMessage({ beside: { model } }, window.location.origin);
  });
};
