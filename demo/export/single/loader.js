/* Starts a page in one file. A page that is opened from a disk may import no module from another file, so each module
   becomes an address of its own in the browser's memory. Those that a module imports come before it. */
(async () => {
  const packed = document.querySelector('script[data-file="modules.json"]').textContent,
    bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)),
    stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")),
    modules = await new Response(stream).json();
  const addresses = new Map();
  for (const [path, source] of modules) {
    const script = source.replace(/"module:([^"]+)"/g, (_, name) => JSON.stringify(addresses.get(name)));
    addresses.set(path, URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  }
  await import(addresses.get("start.js"));
})();
