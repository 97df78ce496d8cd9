/* Links to what the page shows: the address, "Copy link", lessons, and the page within another one. */
import { emit, on } from "../web/bus.js";
import { isOther, t } from "../web/language.js";
import { open, opened } from "../web/route.js";
import { isReload, linkBase, newAddress } from "./address.js";
import { decode, encode, MOST, OWN } from "./codec.js";
import { copyLink } from "./copying.js";
import { lessonDialog } from "./dialog.js";
import { newOpening } from "./opening.js";
import { watchPage } from "./state.js";

const DAMAGED = t("This link is damaged, so the page opens with an example.");
const NO_VIEW = t("This link names a view that this page does not have.");

/* Once the first sheet is read and a view is open, the visitor has changed nothing yet. */
const settleWhenRead = (settle) => {
  let read = false;
  on("reading", ({ whole }) => {
    read ||= whole;
  });
  for (const topic of ["reading", "opened"]) on(topic, () => read && opened() && setTimeout(settle));
};

export const mount = ({ element, props, server }) => {
  const find = (selector) => element.querySelector(selector);
  const root = document.documentElement;
  const embedded = new URLSearchParams(window.location.search).get("embed");
  const names = props.steps.flatMap(({ views }) => views.map(({ name }) => name));

  const say = (text) => {
    find(".toast .message").textContent = text;
    find(".by-hand").hidden = true;
  };
  const hush = (event) => find(".toast").contains(event.target) || say("");
  document.addEventListener("pointerdown", hush);

  /* ---- from the page to a link ---- */
  const encoded = (state) => encode(state, MOST - linkBase(props.space).length - 1);
  let address = null; // the page is watched, and replays what it is, before there is one
  const page = watchPage(props, () => address?.changed());
  address = newAddress(
    () => encoded(page.state()).hash,
    (hash) => obey(hash),
  );
  const linkTo = (state) => {
    const { hash, left } = encoded({ ...state, model: state.model === OWN ? undefined : state.model });
    return { link: `${linkBase(props.space)}#${hash}`, unsaid: page.unsaid(left) };
  };

  find(".copy").addEventListener("click", () => {
    find(".by-hand").hidden = true;
    const { link, unsaid } = linkTo(page.state());
    copyLink(link, {
      field: find(".by-hand"),
      status: find(".toast .message"),
      words: [t("Link copied."), unsaid].filter(Boolean).join(" "),
    });
  });
  find(".out").addEventListener("pointerenter", () => {
    find(".out").href = linkTo(page.state()).link;
  });

  /* A view wishes for a link to what the page shows, changed in what it says. */
  on("link", ({ state, take }) => take(linkTo({ ...page.state(), ...state }).link));

  /* ---- lessons ---- */
  const showLesson = (lesson) => {
    root.toggleAttribute("data-lesson", Boolean(lesson?.title));
    if (lesson && !lesson.controls) root.dataset.settings = "hidden";
    else delete root.dataset.settings;
    find(".lesson").hidden = !lesson?.title;
    find(".lesson b").textContent = lesson?.title ?? "";
    find(".make").hidden = Boolean(lesson);
  };
  on("lesson", showLesson);
  const begin = (lesson, view) => {
    const views = lesson.views.filter((name) => names.includes(name));
    if (!views.length) return say(NO_VIEW);
    emit("lesson", { ...lesson, views });
    if (!views.includes(view ?? opened())) open(views[0]);
    if (lesson.tour) emit("tour", lesson.tour);
  };
  find(".leave").addEventListener("click", () => {
    emit("lesson", null);
    find(".copy").focus();
    say(t("You left the lesson: all views are there."));
  });
  const openDialog = lessonDialog(find("dialog"), {
    steps: props.steps,
    tours: props.tours,
    opened,
    linkOf: (lesson, { blank }) => {
      const state = page.state(),
        view = lesson.views.includes(state.view) ? state.view : lesson.views[0];
      return linkTo({ ...state, view, lesson, ...(blank && { sheet: { strokes: [] } }) }).link;
    },
    copy: (link, shown) => copyLink(link, { ...shown, words: t("Link copied.") }),
  });
  find(".make").addEventListener("click", openDialog);

  /* ---- from a link to the page ---- */
  const show = newOpening({ ...props, sample: server.sample, say });
  const obey = (hash, again = false) => {
    let state;
    try {
      state = decode(hash);
    } catch {
      return say(DAMAGED);
    }
    if (isOther(state.lang)) return window.location.reload();
    say("");
    if (state.view && !names.includes(state.view)) say(NO_VIEW);
    if (state.lesson) begin(state.lesson, state.view);
    else if (!embedded) emit("lesson", null);
    if (state.training) emit("linked_training", state.training);
    emit("compare", state.compare ?? null);
    if (state.challenge) emit("challenge", state.challenge);
    show(state, { again }).then(() => address.accept(hash));
  };

  if (embedded && names.includes(embedded)) {
    root.dataset.embed = embedded;
    find(".out").hidden = false;
    find(".out").href = linkBase(props.space);
    emit("lesson", { title: "", views: [embedded], controls: true, tour: null });
    open(embedded);
  } else if (embedded) say(NO_VIEW);

  if (window.location.hash.length > 1) obey(window.location.hash, isReload());
  else settleWhenRead(address.settle);
};
