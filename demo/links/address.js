/* The address of the page: it always holds a link to what is shown, so that it can be copied, stored and sent. The
   history stays as long as it was, because each link takes the place of the one before. As long as the visitor has
   changed nothing, there is no "#" in it. */
import { withoutLanguage } from "../web/language.js";
import { readStored, writeStored } from "../web/storage.js";
import { parentOrigin, SPACES, tellParent } from "./parent.js";

const KEY = "inkling-link";
const PAUSE = 500; // milliseconds without a change before the address is written

/* The page lives on until the next one is there. When it is loaded again, the new page gets the address that was there
   when the loading began, although this one may have written another since. */
let left = "";
window.addEventListener("beforeunload", () => {
  left = window.location.hash;
});

const remember = (hash) => writeStored("sessionStorage", KEY, [hash, left]);

/* Whether the page was loaded again with an address that it wrote itself, be it in another language. */
export const isReload = () =>
  window.location.hash.length > 1 &&
  [readStored("sessionStorage", KEY) ?? []]
    .flat()
    .some((hash) => withoutLanguage(hash) === withoutLanguage(window.location.hash));

/* The address without query and hash that links begin with; in a Space that of the Space. A file on a disk has no
   origin. */
export const linkBase = (space) =>
  space && parentOrigin() === SPACES ? `${SPACES}/spaces/${space}` : window.location.href.replace(/[?#].*/s, "");

/* `text()` is the hash of the page as it is now. Returns `changed()`, after which the address is written soon, and
   `settle()`, after which what the page shows counts as the state that needs no hash, and `accept(hash)`: the page
   shows what this hash says. */
export const newAddress = (text, opened) => {
  let timer = 0,
    untouched = null,
    known = window.location.hash;

  const write = () => {
    if (window.location.hash !== known) return; // a link was followed, and its event is still to come
    const now = text(),
      hash = now && now !== untouched ? `#${now}` : "";
    if (hash === window.location.hash) return;
    const { pathname, search } = window.location;
    history.replaceState(history.state, "", `${pathname}${search}${hash}`);
    known = window.location.hash;
    remember(hash);
    tellParent(search, hash);
  };

  window.addEventListener("hashchange", () => {
    clearTimeout(timer);
    known = window.location.hash;
    if (window.location.hash.length > 1) opened(window.location.hash);
  });

  return {
    changed: () => {
      clearTimeout(timer);
      timer = setTimeout(write, PAUSE);
    },
    settle: () => {
      untouched ??= text();
    },
    accept: remember,
  };
};
