// Theme, language and print; and the filter that a click anywhere sets for all parts.
function remembered(key, value) {
  try {
    if (value === undefined) return window.localStorage.getItem(`serviceflow-${key}`);
    window.localStorage.setItem(`serviceflow-${key}`, value);
  } catch (error) { /* a file may have no memory: then it is as the reader's system is */ }
  return null;
}

const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches);

function setTheme(theme) {
  if (theme) root.dataset.theme = theme;
  byId("theme").setAttribute("aria-pressed", String(isDark()));
  tell("theme");
}

function setLanguage(one) {
  root.lang = one;
  for (const element of all("[data-label-en]")) {
    element.setAttribute("aria-label", element.dataset[one === "zh" ? "labelZh" : "labelEn"]);
  }
  for (const option of all("option[data-en]")) option.textContent = one === "zh" ? option.dataset.zh : option.dataset.en;
  tell("language");
}

byId("theme").addEventListener("click", () => {
  setTheme(isDark() ? "light" : "dark");
  remembered("theme", root.dataset.theme);
});
byId("language").addEventListener("click", () => {
  setLanguage(root.lang === "zh" ? "en" : "zh");
  remembered("language", root.lang);
});
byId("print").addEventListener("click", () => window.print());
systemIsDark.addEventListener("change", () => setTheme());
setTheme(["light", "dark"].includes(remembered("theme")) ? remembered("theme") : undefined);
if (["en", "zh"].includes(remembered("language"))) setLanguage(remembered("language"));

// On paper every table is open; afterwards it is as it was.
const opened = [];
window.addEventListener("beforeprint", () => {
  for (const one of all("details.table-block:not([open])")) {
    one.open = true;
    opened.push(one);
  }
});
window.addEventListener("afterprint", () => {
  for (const one of opened.splice(0)) one.open = false;
});

// The filter: consumer, place and cause, as far as they were picked.
let filter = [];
function setFilter(path) {
  const same = path.length === filter.length && path.every((part, place) => part === filter[place]);
  filter = same ? [] : path;
  byId("filter-bar").hidden = filter.length === 0;
  const parts = filter.map((part, place) => (place === 2 ? say(`cause.${part}`) : [part, part]));
  const shown = [0, 1].map((place) => parts.map((pair) => pair[place]).join(" › "));
  put(byId("filter-text"), say("js.filtered", { what: shown }));
  tell("filter", filter);
}
byId("filter-clear").addEventListener("click", () => setFilter([]));

// Whether a row that belongs to a consumer, place and cause is part of what was picked.
const isPicked = (path) => filter.every((part, place) => path[place] === part);

// The flame graph: a click filters, another shows everything again.
for (const frame of all(".flame .frame-group")) {
  const path = frame.dataset.path === "" ? [] : frame.dataset.path.split("\t");
  frame.setAttribute("tabindex", "0");
  frame.setAttribute("role", "button");
  frame.setAttribute("aria-pressed", "false");
  frame.setAttribute("aria-label", root.lang === "zh" ? frame.dataset.zh : frame.dataset.en);
  frame.dataset.labelEn = frame.dataset.en;
  frame.dataset.labelZh = frame.dataset.zh;
  clickable(frame, () => setFilter(path));
  on("filter", () => {
    const shown = path.every((part, place) => filter[place] === undefined || filter[place] === part);
    frame.classList.toggle("dim", filter.length > 0 && !shown);
    const chosen = filter.length > 0 && path.length === filter.length && isPicked(path);
    frame.setAttribute("aria-pressed", String(chosen));
  });
}
for (const flame of all("svg.flame")) {
  flame.setAttribute("role", "group");
}
