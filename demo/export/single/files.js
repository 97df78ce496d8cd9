/* Files of a page in one file: each is an element that holds its bytes, compressed and in base64. */

/* The file at a path below the folder `demo/`, as `fetch` would answer. */
export const fileOf = async (path) => {
  const packed = document.querySelector(`script[data-file="${path}"]`)?.textContent;
  if (!packed) return new Response(null, { status: 404 });
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
};
