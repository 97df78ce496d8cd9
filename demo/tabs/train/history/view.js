import { unpack } from "../../../web/arrays.js";
import { on } from "../../../web/bus.js";
import { make, svg } from "../../../web/dom.js";
import { percent } from "../../../web/format.js";
import { colourLooks } from "../../../web/patch_map.js";
import { download } from "../../../web/save.js";
import { call } from "../../../web/server.js";

export const mount = ({ element, server, trigger }) => {
  const find = (selector) => element.querySelector(selector);
  const KEPT = "inkling-runs",
    MOST = 32;
  const LEFT = 48,
    RIGHT = 712,
    TOP = 10,
    BOTTOM = 176;
  const COLOURS = ["#2f7de1", "#ef7d1a", "#00a878", "#c0509f", "#8a6d00", "#5b5bd6", "#d1495b", "#4d7c8a"];

  /* Which trainings are this visitor's, newest first: [{ id, name, colour }]; what they are the server tells. */
  let mine = [],
    told = new Map(),
    compared = [],
    seen = null,
    sight = false;

  /* What was kept may have been written by anyone who can use this browser: it is taken only where it fits. */
  const restore = () => {
    try {
      const found = JSON.parse(localStorage.getItem(KEPT));
      mine = found
        .filter(({ id, name }) => typeof id === "string" && typeof name === "string")
        .slice(0, MOST)
        .map(({ id, name, colour }) => ({
          id,
          name: name.slice(0, 60),
          colour: COLOURS.includes(colour) ? colour : COLOURS[0],
        }));
    } catch {
      mine = [];
    }
  };

  const keep = () => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(mine));
    } catch {
      /* blocked or full */
    }
  };

  const take = ({ id }) => {
    if (mine.some((run) => run.id === id)) return;
    const numbers = mine.map(({ name }) => Number(/^Run (\d+)$/.exec(name)?.[1] ?? 0));
    const free =
      COLOURS.find((colour) => !mine.some((run) => run.colour === colour)) ?? COLOURS[mine.length % COLOURS.length];
    mine = [{ id, name: `Run ${Math.max(0, ...numbers) + 1}`, colour: free }, ...mine].slice(0, MOST);
    keep();
  };

  /* Where the axis begins: as high as it can without cutting off what was reached. */
  const lowest = (shares) =>
    !shares.length ? 0 : [0.98, 0.96, 0.92, 0.8, 0.6, 0].find((low) => shares.every((share) => share >= low));

  /* ---- the curves, over each other: epochs across, accuracy up ---- */
  const draw = () => {
    const alive = mine.filter(({ id }) => told.get(id)),
      epochs = Math.max(1, ...alive.map(({ id }) => told.get(id).epochs));
    const low = lowest(alive.flatMap(({ id }) => told.get(id).val.map(([, , share]) => share)));
    const across = (share) => LEFT + ((RIGHT - LEFT) * share) / epochs;
    const up = (share) => BOTTOM - ((BOTTOM - TOP) * Math.max(0, share - low)) / (1 - low);
    const text = (x, y, anchor, said) => svg("text", { x, y, "text-anchor": anchor }, said);
    const ticks = [0, 1, 2, 3, 4].map((at) => low + ((1 - low) * at) / 4);
    const rules = ticks.flatMap((tick) => [
      svg("line", { class: "grid", x1: LEFT, x2: RIGHT, y1: up(tick), y2: up(tick) }),
      text(LEFT - 5, up(tick) + 4, "end", `${Number((100 * tick).toFixed(1))} %`),
    ]);
    const every = Math.max(1, Math.ceil(epochs / 10));
    const names = Array.from({ length: Math.floor(epochs / every) }, (_, at) =>
      text(across((at + 1) * every), BOTTOM + 16, at ? "end" : "middle", `${at ? "" : "epoch "}${(at + 1) * every}`),
    );
    const lines = alive.flatMap(({ id, colour }) => {
      const run = told.get(id),
        place = ([step, , share]) => `${across((run.epochs * step) / run.steps).toFixed(1)},${up(share).toFixed(1)}`;
      return [
        svg("polyline", { class: "train", stroke: colour, points: run.train.map(place).join(" ") }),
        svg("polyline", { stroke: colour, points: run.val.map(place).join(" ") }),
        ...run.val.map((point) =>
          svg("circle", { cx: place(point).split(",")[0], cy: place(point).split(",")[1], r: 3, fill: colour }),
        ),
      ];
    });
    find(".chart svg").replaceChildren(...rules, ...names, ...lines);
  };

  /* ---- the list ---- */
  const share = (value) => `${(100 * value).toFixed(2)} %`;

  const figures = (run) => {
    const val = run.val.at(-1);
    const test =
      run.test_accuracy === null
        ? ""
        : `${share(run.test_accuracy)} of the test images (${share(run.test_interval[0])} to ${share(run.test_interval[1])})`;
    return [run.message, test, val ? `${share(val[2])} held out` : ""].filter(Boolean).join(" · ");
  };

  const button = (label, act, disabled = false) => {
    const made = make("button", { type: "button" }, label);
    made.disabled = disabled;
    made.addEventListener("click", act);
    return made;
  };

  const card = (own) => {
    const run = told.get(own.id),
      name = make("input", { class: "name", value: own.name, maxlength: 60, "aria-label": "Name of this training" });
    name.addEventListener("change", () => {
      own.name = name.value.trim() || own.name;
      name.value = own.name;
      keep();
      showSide();
    });
    const swatch = make("div", { class: "swatch" });
    swatch.style.background = own.colour;
    const what = make("p", { class: "what" }, [run.recipe, run.differences].filter(Boolean).join(": "));
    const line = make("code", {}, run.command);
    line.hidden = true;
    const tick = make("input", { type: "checkbox" });
    tick.checked = compared.includes(own.id);
    tick.disabled = !run.can_use;
    tick.addEventListener("change", () => choose(own.id, tick.checked));
    const row = make(
      "div",
      { class: "row" },
      button("Let it read", () => trigger("use", { model: own.id }), !run.can_use),
      make("label", { class: "tick" }, tick, "Compare"),
      button("Download", () => save(own), !run.can_use),
      button(
        "Command",
        () => {
          line.hidden = !line.hidden;
        },
        !run.command,
      ),
      button("Delete", () => forget(own)),
    );
    return make(
      "li",
      { "data-run": own.id },
      swatch,
      make("div", {}, name, make("p", { class: "figures" }, figures(run)), what, row, line),
    );
  };

  /* Built anew when something changed, but never while a name is being written. */
  let shown = "";
  const show = () => {
    const alive = mine.filter(({ id }) => told.get(id));
    find(".none").hidden = alive.length > 0;
    find(".view").hidden = !alive.length;
    draw();
    const now = JSON.stringify(
      alive.map(({ id, colour }) => [id, colour, figures(told.get(id)), told.get(id).can_use, compared.includes(id)]),
    );
    if (now === shown || element.querySelector(".name:focus")) return;
    shown = now;
    find(".runs").replaceChildren(...alive.map(card));
  };

  /* Continues runs.js: what is asked of the server, and when. */
  const OFTEN = 2000; // milliseconds between two looks at the list while one of them trains

  const attempt = async (ask, payload) => {
    try {
      const answer = await call(ask, payload);
      find(".message").textContent = answer.error ?? "";
      return answer.error ? null : answer;
    } catch {
      find(".message").textContent = "The server does not answer. Try again in a moment.";
      return null;
    }
  };

  /* One request at a time; whoever asks meanwhile gets one more look, so that the end of a training is not missed. */
  let asking = false,
    again = false;
  const refresh = async () => {
    if (asking) {
      again = true;
      return;
    }
    if (!mine.length) return show();
    asking = true;
    const ids = mine.map(({ id }) => id),
      answer = await attempt(server.list, { jobs: ids });
    asking = false;
    if (answer) heard(ids, answer.runs);
    if (again) {
      again = false;
      refresh();
    }
  };

  const heard = (ids, runs) => {
    told = new Map(runs.map((run, at) => [ids[at], run]));
    mine = mine.filter(({ id }) => told.get(id) !== null); // what the server no longer keeps is gone
    compared = compared.filter((id) => told.get(id)?.can_use);
    keep();
    show();
  };

  /* The page hears of the training that runs more often than the list asks, and shows that at once. */
  const HEARD = ["state", "message", "step", "steps", "epoch", "epochs", "can_use", "train", "val"];
  const follow = (view) => {
    const known = told.get(view.id);
    if (!known) return;
    told.set(view.id, { ...known, ...Object.fromEntries(HEARD.map((name) => [name, view[name]])) });
    show();
  };

  const forget = async (own) => {
    if (!(await attempt(server.forget, { job: own.id }))) return;
    mine = mine.filter((run) => run !== own);
    compared = compared.filter((id) => id !== own.id);
    told.delete(own.id);
    keep();
    show();
    showSide();
  };

  const save = async (own) => {
    const file = await attempt(server.checkpoint, { job: own.id });
    if (file) download(`${own.name.replace(/[^\w-]+/g, "-")}.safetensors`, file.type, file.data);
  };

  /* Two at most; a third takes the place of the older one. */
  const choose = (id, wanted) => {
    compared = wanted
      ? [...compared.filter((other) => other !== id), id].slice(-2)
      : compared.filter((other) => other !== id);
    show();
    showSide();
  };

  let version = 0;
  const showSide = async () => {
    find(".side").hidden = compared.length < 2 || !seen;
    if (compared.length < 2 || !seen || !sight) return;
    const asked = ++version,
      ids = [...compared],
      of = seen;
    const answer = await attempt(server.compare, { ...seen.source, models: ids });
    if (!answer || asked !== version) return;
    find(".pair").replaceChildren(
      ...answer.readings.map((read, at) => reading(read, mine.find(({ id }) => id === ids[at])?.name ?? "", of)),
    );
  };

  const reading = ({ probs, digit, names, attention }, name, { image }) => {
    const bars = make(
      "ol",
      { class: "bars", "aria-label": "Probability of each class" },
      ...probs.map((share, at) => {
        const fill = make("div", { class: "fill" });
        fill.style.transform = `scaleX(${share})`;
        return make(
          "li",
          { class: at === digit ? "best" : "" },
          make("span", {}, names[at]),
          make("div", { class: "track" }, fill),
          make("span", {}, percent(share)),
        );
      }),
    );
    const map = make("div", { class: "map" });
    colourLooks(map, image, unpack(attention));
    return make("div", {}, make("h5", {}, `${name} reads ${names[digit]}`), bars, map);
  };

  restore();
  show();
  on("reading", (reading) => {
    if (reading.whole) {
      seen = reading;
      showSide();
    }
  });
  let last = "";
  on("training", (view) => {
    follow(view);
    const now = `${view.id} ${view.state} ${view.val.length}`;
    if (now === last) return;
    last = now;
    take(view);
    refresh();
  });
  new IntersectionObserver(([entry]) => {
    sight = entry.isIntersecting;
    if (sight) {
      refresh();
      showSide();
    }
  }).observe(element);
  setInterval(() => {
    if (
      !document.hidden &&
      mine.some(({ id }) => !told.get(id) || !["done", "stopped", "failed"].includes(told.get(id).state))
    )
      refresh();
  }, OFTEN);
};
