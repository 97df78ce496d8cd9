/* The page without Gradio: mounts the views, and shows the tab that the navigation opens. */
import { translate } from "../web/language.js";
import { newServer } from "./server.js";

/* Dark where the visitor's system is, or where the address says so, as Gradio does it. */
const followScheme = () => {
  const wished = new URLSearchParams(location.search).get("__theme"),
    system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => document.body.classList.toggle("dark", wished ? wished === "dark" : system.matches);
  system.addEventListener("change", show);
  show();
};

/* The views of the page as Python wrote them into it: `props` and names of server `functions`, by their folder. */
const written = () => JSON.parse(document.querySelector("#views").textContent);

/* Mount the view whose template stands in `element`. */
const mountView = async (element, views, modules, server) => {
  translate(element);
  const place = element.dataset.view,
    view = views[place];
  if (view) {
    const { mount } = await modules[place]();
    const functions = server.functions(place, view.functions);
    const silent = () => {};
    await mount({ element, props: view.props, server: functions, trigger: silent, watch: silent, events: [] });
  }
  element.dataset.mounted = "true";
};

/* The tabs: a click opens one, and mounts its views when it opens first. */
const followTabs = (mount) => {
  const buttons = [...document.querySelectorAll('#tabs [role="tab"]')],
    panels = [...document.querySelectorAll('#tabs [role="tabpanel"]')];
  const mounted = new Set();
  const open = (id) => {
    for (const button of buttons) button.setAttribute("aria-selected", button.dataset.tabId === id);
    for (const panel of panels) panel.hidden = panel.id !== `tab-${id}`;
    if (mounted.has(id)) return;
    mounted.add(id);
    for (const element of document.querySelectorAll(`#tab-${id} [data-view]`)) mount(element);
  };
  for (const button of buttons) button.addEventListener("click", () => open(button.dataset.tabId));
};

/* Start the page. `modules` import the module of each view, by its folder. */
export const start = (modules) => {
  followScheme();
  const views = written(),
    server = newServer(views["shared_column/pad"].props.models);
  const mount = (element) => mountView(element, views, modules, server).catch(console.error);
  followTabs(mount);
  for (const element of document.querySelectorAll("[data-view]"))
    if (!element.closest('[role="tabpanel"]')) mount(element);
};
