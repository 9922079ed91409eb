// Maps: which is shown, what colors it, pan and zoom, search, and a drawer for what was picked.
const mapFigures = all(".map-figure");
const shapes = (figureOf) => all("[data-kind]", figureOf);
const scenarioOf = (id) => (/^m\d+$/.test(id) ? Number(id.slice(1)) : 0);
const COLORS = ["waiting", "load", "promise", "cost"];
const STEPS = ["#f4f3ef", "#fee391", "#fec44f", "#fda947", "#c44a02", "#8c2d04"];
const CHANGES = { better: "#2b8cc4", worse: "#d9601a", same: "#e6e8ea" };

function showMap(id) {
  for (const one of mapFigures) one.hidden = one.dataset.map !== id;
  byId("map-color").disabled = !/^m/.test(id);
  recolor();
}

const shownMap = () => mapFigures.find((one) => !one.hidden);
const outline = (shape) => shape.querySelector("polygon, path, ellipse");

// What a service counts for in a coloring, from 0 to 1, or better, worse and same; null keeps its own color.
function weight(name, kind, scenario) {
  if (kind === "load") {
    const used = figure("provider", providerOf(name), "utilization", scenario);
    return used === null ? null : Math.min(used, 1);
  }
  if (kind === "cost") return part("service", name, "service_time", "arrived", scenario);
  return null;
}

function providerOf(service) {
  const owners = data.owners || {};
  return owners[service];
}

// The share that a service has of the sum of one measure times another, of the largest.
function part(scope, name, measure, times, scenario) {
  const of = (one) => (figure(scope, one, measure, scenario) || 0) * (figure(scope, one, times, scenario) || 0);
  const most = Math.max(...shapes(mapFigures[0]).filter((s) => s.dataset.kind === scope).map((s) => of(s.dataset.name)));
  return most > 0 ? of(name) / most : null;
}

// Waiting in all at a service, in one scenario.
function waitedAt(name, scenario) {
  const mean = figure("service", name, "waiting_time", scenario);
  const visits = figure("service", name, "arrived", scenario);
  return mean === null || visits === null ? null : mean * visits;
}

function change(name, scenario) {
  const [before, after] = [waitedAt(name, 0), waitedAt(name, scenario)];
  if (before === null || after === null) return "changed";
  const most = Math.max(before, after);
  if (most === 0 || Math.abs(after - before) < 0.05 * most) return "same";
  return after < before ? "better" : "worse";
}

function recolor() {
  const shown = shownMap();
  if (!shown) return;
  const kind = byId("map-color").value;
  const scenario = scenarioOf(shown.dataset.map);
  for (const shape of shapes(shown)) {
    const line = outline(shape);
    if (!line || shape.dataset.kind !== "service") continue;
    if (line.dataset.own === undefined) line.dataset.own = line.getAttribute("fill");
    line.setAttribute("fill", fillOf(shape.dataset.name, kind, scenario) || line.dataset.own);
    inkOn(shape, line.getAttribute("fill"));
  }
}

function fillOf(name, kind, scenario) {
  if (kind === "waiting") return null;
  if (kind === "change") return CHANGES[change(name, scenario)] || "#fff";
  const value = weight(name, kind, scenario);
  return value === null ? null : STEPS[Math.min(Math.floor(value * STEPS.length), STEPS.length - 1)];
}

// Black or white, whichever reads better on a fill.
function inkOn(shape, fill) {
  const hex = /^#([0-9a-f]{6})$/i.exec(fill);
  if (!hex) return;
  const parts = [0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16));
  const light = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] > 140;
  for (const text of all("text", shape)) text.setAttribute("fill", light ? "#1d2125" : "#ffffff");
}

// Pan and zoom: the view of the drawing moves; arrows, plus and minus do the same from the keyboard.
const views = new Map();
function viewOf(svg) {
  if (!views.has(svg)) {
    const whole = svg.getAttribute("viewBox").split(/[\s,]+/).map(Number);
    views.set(svg, { whole, now: whole.slice() });
  }
  return views.get(svg);
}

function look(svg, x, y, wide, high) {
  viewOf(svg).now = [x, y, wide, high];
  svg.setAttribute("viewBox", [x, y, wide, high].map((one) => one.toFixed(2)).join(" "));
  tell("view", svg);
}

function zoom(svg, factor, at) {
  const { whole, now } = viewOf(svg);
  const wide = Math.min(Math.max(now[2] * factor, whole[2] / 20), whole[2]);
  const high = (wide * whole[3]) / whole[2];
  const point = at || [now[0] + now[2] / 2, now[1] + now[3] / 2];
  const keep = [(point[0] - now[0]) / now[2], (point[1] - now[1]) / now[3]];
  look(svg, point[0] - keep[0] * wide, point[1] - keep[1] * high, wide, high);
}

function pan(svg, dx, dy) {
  const { now } = viewOf(svg);
  look(svg, now[0] + dx * now[2], now[1] + dy * now[3], now[2], now[3]);
}

const KEYS = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };

function zooms(box) {
  const svg = box.querySelector("svg");
  let from = null;
  let moved = false;
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" && viewOf(svg).now[2] >= viewOf(svg).whole[2]) return;
    from = [event.clientX, event.clientY];
    moved = false;
  });
  box.addEventListener("pointermove", (event) => {
    if (!from) return;
    const size = svg.getBoundingClientRect();
    const step = [(from[0] - event.clientX) / size.width, (from[1] - event.clientY) / size.height];
    if (!moved && Math.hypot(from[0] - event.clientX, from[1] - event.clientY) < 5) return;
    moved = true;
    box.classList.add("grabbed");
    pan(svg, step[0], step[1]);
    from = [event.clientX, event.clientY];
  });
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
    box.addEventListener(end, () => {
      from = null;
      box.classList.remove("grabbed");
    });
  }
  box.addEventListener("click", (event) => {
    if (moved) event.stopPropagation();
  }, true);
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const size = svg.getBoundingClientRect();
    const { now } = viewOf(svg);
    const at = [now[0] + (now[2] * (event.clientX - size.left)) / size.width,
      now[1] + (now[3] * (event.clientY - size.top)) / size.height];
    zoom(svg, event.deltaY > 0 ? 1.2 : 1 / 1.2, at);
  }, { passive: false });
  box.addEventListener("keydown", (event) => {
    if (KEYS[event.key]) pan(svg, ...KEYS[event.key]);
    else if (event.key === "+") zoom(svg, 1 / 1.3);
    else if (event.key === "-") zoom(svg, 1.3);
    else return;
    event.preventDefault();
  });
}

// The drawer: what the tables have of what was picked.
const TOLD = {
  provider: ["utilization", "waiting_time", "waiting_time_p90", "queue_length", "overtime", "cost", "gave_up", "refused"],
  service: ["arrived", "waiting_time", "waiting_time_p90", "service_time", "queue_length", "gave_up", "refused"],
  consumer: ["arrived", "completed", "flow_time", "flow_time_p90", "waiting_time", "handoff_time", "gave_up"],
  stock: ["mean_level", "stockout_share", "fill_rate", "cost"],
  handoff: ["arrived", "handoff_time", "handoff_time_p90", "handoff_dispatch", "handoff_delay", "handoff_clarification", "first_time_right"],
  call: ["arrived", "flow_time", "handoff_time", "waiting_time"],
};
const UNITS_OF = new Map();
for (let row = 0; row < rowsOf(data.kpis[0]); row += 1) {
  UNITS_OF.set(`${cell(data.kpis[0], "scope", row)}\t${cell(data.kpis[0], "measure", row)}`, cell(data.kpis[0], "unit", row));
}

function scopeOf(kind, name) {
  if (kind !== "link") return kind;
  return figure("call", name, "arrived") !== null ? "call" : "handoff";
}

function openDrawer(kind, name) {
  const scope = scopeOf(kind, name);
  put(byId("drawer-title"), data.scopes[scope] || scope, ": ", name);
  byId("drawer-body").replaceChildren(...drawerParts(scope, name));
  byId("drawer").hidden = false;
  byId("drawer").focus({ preventScroll: true });
  for (const shape of all(".map-figure [data-kind]")) {
    shape.classList.toggle("picked", shape.dataset.kind === kind && shape.dataset.name === name);
  }
}

function drawerParts(scope, name) {
  const table = make("table");
  const head = make("tr");
  head.append(make("th", { scope: "col" }, say("js.column.measure")),
    ...data.scenarios.map((one) => make("th", { scope: "col", class: "num" }, one)));
  table.append(make("thead"), make("tbody"));
  table.tHead.append(head);
  const promised = promisesOf(name);
  for (const [of, owner, measure] of [...(TOLD[scope] || []).map((one) => [scope, name, one]), ...promised]) {
    const values = data.scenarios.map((_, scenario) => figure(of, owner, measure, scenario));
    if (values.every((one) => one === null)) continue;
    const line = make("tr");
    line.append(make("td", {}, of === "sla" ? owner : data.measures[measure]));
    const unit = UNITS_OF.get(`${of}\t${measure}`);
    line.append(...values.map((one) => make("td", { class: "num" }, measured(one, unit))));
    table.tBodies[0].append(line);
  }
  const parts = [table];
  const causes = lostAt(name);
  if (causes.length) {
    parts.push(make("h3", {}, say("js.lost.here")));
    const list = make("ul");
    for (const [consumer, cause, mean] of causes) {
      list.append(make("li", {}, say("js.lost.line", { consumer, cause: say(`cause.${cause}`), time: measured(mean, data.unit) })));
    }
    parts.push(list);
  }
  if (scope === "provider" && data.heat.staff[name]) parts.push(...weekOf(name));
  return parts;
}

function promisesOf(name) {
  const found = [];
  const table = data.kpis[0];
  for (let row = 0; row < rowsOf(table); row += 1) {
    const own = cell(table, "scope", row) === "sla" && cell(table, "name", row).startsWith(`${name}: `);
    if (own && cell(table, "measure", row) === "attainment") found.push(["sla", cell(table, "name", row), "attainment"]);
  }
  return found;
}

function lostAt(name) {
  const table = data.lost[0];
  const found = [];
  for (let row = 0; row < rowsOf(table); row += 1) {
    if (cell(table, "place", row) === name || cell(table, "service", row) === name) {
      found.push([cell(table, "consumer", row), cell(table, "cause", row), cell(table, "mean", row)]);
    }
  }
  return found.slice(0, 6);
}

// The week of a provider: hours waited by hour of arrival, and staff on duty.
function weekOf(name) {
  const waited = new Array(168).fill(0);
  for (const [provider, , week] of data.heat.weeks) {
    if (provider === name) week.forEach((value, hour) => { waited[hour] += value; });
  }
  const staff = data.heat.staff[name];
  const drawing = draw("svg", { viewBox: "0 0 680 90", class: "chart", role: "img", "aria-label": told(say("js.week")) });
  const [most, top] = [Math.max(...waited, 1e-9), Math.max(...staff, 1e-9)];
  waited.forEach((value, hour) => drawing.append(draw("rect", {
    x: 4 + hour * 4, y: 70 - (60 * value) / most, width: 3.4, height: (60 * value) / most, class: "bar late" })));
  const points = staff.flatMap((value, hour) => [`${4 + hour * 4},${70 - (58 * value) / top}`, `${8 + hour * 4},${70 - (58 * value) / top}`]);
  drawing.append(draw("polyline", { points: points.join(" "), class: "series" }));
  for (let day = 0; day < 7; day += 1) drawing.append(...written({ x: 4 + day * 96 + 40, y: 84, class: "axis" }, say(`weekday.${day}`)));
  return [make("h3", {}, say("js.week")), drawing];
}

if (mapFigures.length) {
  const colors = [...COLORS.filter((one) => one !== "promise"), ...(data.scenarios.length > 1 ? ["change"] : [])];
  const colorOptions = () => {
    const now = byId("map-color").value;
    byId("map-color").replaceChildren(...colors.map((one) => make("option", { value: one }, told(say(`js.color.${one}`)))));
    if (now) byId("map-color").value = now;
  };
  colorOptions();
  on("language", colorOptions);
  byId("map-which").addEventListener("change", () => showMap(byId("map-which").value));
  byId("map-color").addEventListener("change", recolor);
  for (const [id, action] of [["map-in", (svg) => zoom(svg, 1 / 1.4)], ["map-out", (svg) => zoom(svg, 1.4)],
    ["map-all", (svg) => look(svg, ...viewOf(svg).whole)]]) {
    byId(id).addEventListener("click", () => action(shownMap().querySelector("svg")));
  }
  for (const box of all(".map-box.zooms")) {
    zooms(box);
    for (const shape of all("[data-kind]", box)) {
      shape.setAttribute("tabindex", "0");
      shape.setAttribute("role", "button");
      shape.setAttribute("aria-label", shape.dataset.name);
      clickable(shape, (event) => {
        event.stopPropagation();
        openDrawer(shape.dataset.kind, shape.dataset.name);
      });
    }
  }
  byId("map-search").addEventListener("input", () => {
    const wanted = byId("map-search").value.trim().toLowerCase();
    for (const shape of all(".map-figure [data-kind]")) {
      const found = wanted !== "" && shape.dataset.name.toLowerCase().includes(wanted);
      shape.classList.toggle("found", found);
      shape.classList.toggle("dim", wanted !== "" && !found && shape.dataset.kind !== "provider");
    }
  });
  on("filter", (path) => {
    for (const shape of all(".map-figure [data-kind]")) {
      const about = path.length < 2 || shape.dataset.name === path[1] || shape.dataset.kind === "provider";
      shape.classList.toggle("dim", !about);
    }
  });
  showMap(mapFigures[0].dataset.map);
}
