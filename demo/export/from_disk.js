/* A browser loads no module for a page that lies on a disk: say so, where the page would stay empty. */
if (location.protocol === "file:") document.querySelector("#from-disk").hidden = false;
