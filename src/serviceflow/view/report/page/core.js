// What every part of the page uses: the data, words in both languages, elements, and a few events.
// Names come from a model: they are only ever set as text.
const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
const SVG = "http://www.w3.org/2000/svg";

// The words of a key, with values in the places of their braces, as a pair of English and Chinese.
function say(key, values = {}) {
  const pair = data.words[key] || [key, key];
  return pair.map((text, language) =>
    text.replace(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name];
      return value === undefined ? whole : Array.isArray(value) ? value[language] : String(value);
    }));
}

const language = () => (root.lang === "zh" ? 1 : 0);
const told = (pair) => (Array.isArray(pair) ? pair[language()] : String(pair));

// Puts a text into an element: a pair of languages as two spans of which the style shows one.
function put(element, ...texts) {
  element.textContent = "";
  for (const text of texts) add(element, text);
  return element;
}

function add(element, text) {
  if (text === null || text === undefined) return element;
  if (text instanceof Node) element.append(text);
  else if (Array.isArray(text) && text[0] === text[1]) element.append(text[0]);
  else if (Array.isArray(text)) {
    ["en", "zh"].forEach((one, place) => {
      const part = document.createElement("span");
      part.className = one;
      part.lang = one;
      part.textContent = text[place];
      element.append(part);
    });
  } else element.append(String(text));
  return element;
}

function make(kind, attributes = {}, ...texts) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  for (const text of texts) add(element, text);
  return element;
}

function draw(kind, attributes = {}, ...inner) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const one of inner) {
    if (one instanceof Node) element.append(one);
    else if (one !== null && one !== undefined) element.append(String(one));
  }
  return element;
}

// A text in a drawing, in both languages.
function written(attributes, text) {
  if (!Array.isArray(text)) return [draw("text", attributes, text)];
  if (text[0] === text[1]) return [draw("text", attributes, text[0])];
  return ["en", "zh"].map((one, place) =>
    draw("text", { ...attributes, class: `${one} ${attributes.class || ""}`, lang: one }, text[place]));
}

// Parts of the page tell one another what was picked.
const listeners = {};
function on(event, action) {
  (listeners[event] = listeners[event] || []).push(action);
}
function tell(event, value) {
  for (const action of listeners[event] || []) action(value);
}

// Numbers and times as people read them.
function number(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

function share(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const percent = 100 * value;
  const fine = (percent > 0 && percent < 1) || (percent > 99 && percent < 100);
  return `${percent.toFixed(fine ? 1 : 0)}%`;
}

const UNIT_SECONDS = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, day: 86400, week: 604800 };
const SCALES = [["s", "秒", 1], ["min", "分钟", 60], ["h", "小时", 3600], ["days", "天", 86400]];

// A time in seconds, in the unit that reads best.
function lasting(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  const size = Math.abs(seconds);
  const fits = SCALES.filter((scale) => size >= scale[2] * (scale[0] === "days" ? 3 : 1));
  const [english, chinese, unit] = fits.length ? fits[fits.length - 1] : SCALES[0];
  const amount = seconds / unit;
  const shown = Math.abs(amount) >= 100 ? Math.round(amount).toLocaleString("en-US")
    : String(Number(amount.toPrecision(amount >= 10 ? 3 : 2)));
  return [`${shown} ${english}`, `${shown} ${chinese}`];
}

function measured(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "share") return share(value);
  if (unit === data.unit) return lasting(value * UNIT_SECONDS[unit]);
  return number(value);
}

// A table by columns as the file has it: one value of one row.
function cell(table, column, row) {
  const found = table[column];
  if (found === undefined) return null;
  return found.words ? found.words[found.codes[row]] : found[row];
}
function rowsOf(table) {
  const first = Object.values(table)[0];
  return first === undefined ? 0 : (first.codes || first).length;
}

// The figure of an element in one of the scenarios, or null.
const figures = new Map();
function figure(scope, name, measure, scenario = 0) {
  if (!figures.has(scenario)) {
    const table = data.kpis[scenario];
    const found = new Map();
    for (let row = 0; row < rowsOf(table); row += 1) {
      found.set(`${cell(table, "scope", row)}\t${cell(table, "name", row)}\t${cell(table, "measure", row)}`, row);
    }
    figures.set(scenario, found);
  }
  const row = figures.get(scenario).get(`${scope}\t${name}\t${measure}`);
  return row === undefined ? null : cell(data.kpis[scenario], "mean", row);
}

// Something to click is something to reach by keyboard.
function clickable(element, action) {
  element.addEventListener("click", action);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      action(event);
    }
  });
}

function save(name, text, kind) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function copy(text, button) {
  const done = () => {
    const before = Array.from(button.childNodes);
    put(button, say("js.copied"));
    setTimeout(() => button.replaceChildren(...before), 1500);
  };
  const byHand = () => {
    const area = make("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    done();
  };
  if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(done, byHand);
  else byHand();
}

root.classList.add("js");
