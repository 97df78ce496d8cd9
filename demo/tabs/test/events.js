/* Continues evaluation.js: questions to the server, files, and following the page. */

const POLL = 400; // milliseconds between two looks at a test that runs
let version = 0, drawnVersion = 0, stale = true, staleDrawing = true, shown = null;

const inSight = () => element.offsetParent !== null && element.getClientRects().length > 0;
const pause = () => new Promise((resolve) => setTimeout(resolve, POLL));

/* ---- the accuracy, at once from the checkpoint and then as it is measured here ---- */
const showAccuracy = ({ accuracy, interval: [low, high], images }, source) => {
  const wrong = Math.round((1 - accuracy) * images);
  find(".verdict").textContent = `Of ${images.toLocaleString("en")} test digits ${named(token())} reads ${exact(accuracy)} right.`;
  find(".detail").textContent = `${counted(wrong, "mistake")}${wrong ? `, one in ${Math.round(images / wrong).toLocaleString("en")}` : ""}. On digits like these its true share lies between ${exact(low)} and ${exact(high)} (95 % interval). ${source}`;
};

const wait = (words, share) => {
  find(".wait").hidden = !words;
  find(".wait span").textContent = words ?? "";
  if (share === null) find("progress").removeAttribute("value"); else find("progress").value = share ?? 0;
};

const showMissing = ({ missing, fetched }) => {
  find(".missing").hidden = !missing || fetched !== undefined;
  if (missing && fetched !== undefined) wait(`Fetching MNIST, ${Math.round(100 * fetched)} %`, fetched);
};

const showTest = (found) => {
  for (const part of element.querySelectorAll(".tested")) part.hidden = false;
  if (shown === token()) return;
  shown = token();
  shownCell = null;
  showAccuracy(found, "Measured on this server.");
  showMatrix(found);
  showTrust(found);
  worst();
};

/* Ask until it is there; null if somebody asked for something else meanwhile, or the view went out of sight. */
const until = async (ask, model, kept, words, asking) => {
  while (!kept.has(model)) {
    const found = await call(ask, { model });
    if (asking !== version) return null;
    if (!inSight()) { stale = true; return null; }
    if (found.error) { say(found.error); wait(); return null; }
    showMissing(found);
    if (found.told && ask === server.test) showAccuracy(found.told, found.missing ? "So its checkpoint says." : "So its checkpoint says; being measured again.");
    if (found.missing && found.fetched === undefined) { wait(); return null; }
    if (found.curves || found.confusion) kept.set(model, found);
    else {
      if (!found.missing) wait(`${words}${found.of ? `: ${found.done.toLocaleString("en")} of ${found.of.toLocaleString("en")}` : ", waiting its turn"}`, found.of ? found.done / found.of : null);
      await pause();
      if (asking !== version) return null;
    }
  }
  return kept.get(model);
};

const follow = async () => {
  stale = !inSight();
  if (stale || !seen) return;
  const asking = ++version, model = token();
  element.setAttribute("aria-busy", "true");
  say("");
  if (shown !== model) { for (const part of element.querySelectorAll(".tested")) part.hidden = true; find(".verdict").textContent = find(".detail").textContent = ""; }
  try {
    const found = await until(server.test, model, tests, "Reading test digits", asking);
    if (!found) return;
    showTest(found);
    showBeside();
    showCurves();
    for (const one of [model, beside].filter(Boolean)) {
      const curves = await until(server.curves, one, rough, `Reading changed digits with ${named(one)}`, asking);
      if (!curves) return;
      example ??= await opened(curves);
      if (asking === version) showCurves();
    }
    wait();
  } catch { if (asking === version) { say("The server does not answer. Try again in a moment."); wait(); } }
  finally { if (asking === version) element.setAttribute("aria-busy", "false"); }
};

find(".fetch").addEventListener("click", async () => {
  const found = await call(server.fetch, { model: token() }).catch(() => ({ error: "The server does not answer. Try again in a moment." }));
  if (found.error) return say(found.error);
  follow();
});

/* ---- the drawing: one request for each; an answer to an older one is dropped ---- */
const askDrawing = async () => {
  staleDrawing = !inSight();
  if (staleDrawing || !seen) return;
  const asking = ++drawnVersion;
  find(".drawing").setAttribute("aria-busy", "true");
  try {
    const found = await call(server.around, seen.source);
    if (asking !== drawnVersion) return;
    if (found.error) return say(found.error);
    await showDrawing(found);
  } catch { if (asking === drawnVersion) say("The server does not answer. Try again in a moment."); }
  finally { if (asking === drawnVersion) find(".drawing").setAttribute("aria-busy", "false"); }
};

/* ---- files: all that is measured, on one sheet ---- */
const sheet = () => {
  const placed = (selector, x, y, width) => {
    const from = find(`${selector} svg`);
    if (!from) return [];
    const copy = from.cloneNode(true), [, , wide, high] = from.getAttribute("viewBox").split(" ").map(Number);
    for (const [name, value] of Object.entries({ x, y, width, height: (width * high) / wide })) copy.setAttribute(name, value);
    return [copy];
  };
  const title = (x, y, words, size = 13) => text(x, y, words, { "font-size": size, "text-anchor": "start" });
  const charts = [...find(".charts").querySelectorAll("svg")].map((made, at) => {
    const copy = made.cloneNode(true);
    for (const [name, value] of Object.entries({ x: 20 + 236 * at, y: 470, width: 226, height: 173 })) copy.setAttribute(name, value);
    return copy;
  });
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: "0 0 1200 660", width: 2400, height: 1320, color: "#111" }, svg("rect", { width: 1200, height: 660, fill: "#fff" }),
    title(20, 24, find(".verdict").textContent, 17), title(20, 48, find(".detail").textContent, 11), ...placed(".matrix", 20, 70, 380), ...placed(".diagram", 410, 70, 330),
    ...(map ? [title(770, 78, find(".breaks").textContent, 9.5), ...placed(".shifts", 770, 96, 190), ...placed(".ring", 980, 96, 190), ...placed(".pens", 770, 300, 150)] : []),
    title(20, 456, find(".sample").textContent, 11), ...charts);
};
saves(element, { ready: () => map || tests.has(shown), first: "There is nothing to download yet.", name: () => `test-${shippedAs(token())?.token ?? "your-model"}`, picture: sheet });

/* ---- following the page ---- */
on("nothing", () => {
  drawnVersion++;
  map = null;
  find(".drawing").hidden = true;
});

on("reading", (reading) => {
  if (!reading.whole) return;
  const other = !seen || seen.source.model !== reading.source.model;
  seen = reading;
  if (!props.models.some((model) => model.token === token())) own.add(token());
  askDrawing();
  if (other) follow();
});

new IntersectionObserver(() => { if (stale) follow(); if (staleDrawing) askDrawing(); }).observe(element);
