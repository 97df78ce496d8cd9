/* What the page needs before Gradio's own code runs, see `launch_options` in demo/app.py. */
(() => {
  const NAME = "inkling";

  /* A browser that refuses site data throws as soon as localStorage is read (Chromium with all cookies blocked), and
     gr.BrowserState fails with it. */
  const refused = (name) => {
    try {
      window[name].getItem(NAME);
      return false;
    } catch {
      return true;
    }
  };

  /* This stand-in for a Storage keeps its items in the history entry of this browser tab: a reload finds them again. */
  const standIn = (name) => {
    const items = new Map(Object.entries(history.state?.[NAME]?.[name] ?? {}));
    const save = () => {
      const state = { ...history.state, [NAME]: { ...history.state?.[NAME], [name]: Object.fromEntries(items) } };
      try {
        history.replaceState(state, "");
      } catch {
        /* too large or too often: until a reload the items are here */
      }
    };
    return {
      getItem: (key) => items.get(String(key)) ?? null,
      setItem: (key, value) => {
        items.set(String(key), String(value));
        save();
      },
      removeItem: (key) => {
        items.delete(String(key));
        save();
      },
      clear: () => {
        items.clear();
        save();
      },
      key: (index) => [...items.keys()][index] ?? null,
      get length() {
        return items.size;
      },
    };
  };

  for (const name of ["localStorage", "sessionStorage"]) {
    if (refused(name)) Object.defineProperty(window, name, { value: standIn(name), configurable: true });
  }
})();
