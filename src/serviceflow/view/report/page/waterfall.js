// One request as a waterfall: a row for each visit, its parts colored by cause, the critical path underlined.
const FALL = { wide: 860, left: 200, row: 24, top: 6, right: 10 };
const ORDER = ["dispatch", "delay", "clarification", "join", "call", "stock", "batch", "off_shift", "carried_over", "outage",
  "held", "partner", "prioritization", "contention", "work", "paused: off_shift", "paused: outage", "paused: preempted",
  "paused: call", "blocked"];
const causeClass = (cause) => `cause-${cause.replace("paused: ", "paused-").replace(/_/g, "-")}`;

function waterfall(about, visits, first, last, flow) {
  const rows = [];
  for (let row = first; row < last; row += 1) rows.push(rowOf(about, visits, row));
  const whole = Math.max(flow, ...rows.map((one) => one.start + one.total), 1);
  const high = FALL.top + rows.length * FALL.row + 24;
  const title = told(say("js.waterfall"));
  const drawing = draw("svg", { viewBox: `0 0 ${FALL.wide} ${high}`, class: "chart waterfall", role: "img", "aria-label": title });
  for (const tick of [0, ...roundTicks(whole * about.step)]) {
    const x = FALL.left + ((FALL.wide - FALL.left - FALL.right) * tick) / (whole * about.step);
    drawing.append(draw("line", { x1: x, y1: FALL.top, x2: x, y2: high - 20, class: "grid" }),
      ...written({ x, y: high - 6, class: "axis", "text-anchor": x > FALL.wide - 40 ? "end" : "middle" }, tick === 0 ? "0" : lasting(tick)));
  }
  rows.forEach((one, place) => drawing.append(...bars(about, one, place, whole)));
  byId("waterfall-box").replaceChildren(drawing);
  legendOf(rows);
  tableOf(about, rows);
}

function rowOf(about, visits, row) {
  const parts = about.causes.map((cause, at) => [cause, visits[`part${at}`][row]]).filter((one) => one[1] > 0);
  const merged = new Map();
  for (const [cause, ticks] of parts) merged.set(cause, (merged.get(cause) || 0) + ticks);
  const inOrder = [...merged].sort((a, b) => ORDER.indexOf(a[0]) - ORDER.indexOf(b[0]));
  const provider = visits.provider[row];
  const member = visits.member[row];
  return {
    start: visits.start[row],
    parts: inOrder,
    total: inOrder.reduce((sum, one) => sum + one[1], 0),
    depth: visits.depth[row],
    service: visits.service[row] < 0 ? null : about.services[visits.service[row]],
    link: about.links[visits.link[row]],
    provider: about.providers[provider],
    member: member >= 0 && about.members[provider] ? about.members[provider][member] : null,
    onPath: visits.path[row] === 1,
    before: visits.before[row],
  };
}

function bars(about, one, place, whole) {
  const scale = (FALL.wide - FALL.left - FALL.right) / whole;
  const y = FALL.top + place * FALL.row;
  const name = one.service === null ? say("js.home") : [one.service, one.service];
  const short = name.map((text) => clipped(`${"› ".repeat(one.depth)}${text}`, 28));
  const found = [...written({ x: 4, y: y + 16, class: "label" }, short)];
  let at = one.start;
  for (const [cause, ticks] of one.parts) {
    const text = told(partText(about, one, cause, ticks));
    found.push(draw("rect", { x: FALL.left + at * scale, y: y + 3, width: Math.max(ticks * scale, 0.6), height: FALL.row - 9,
      class: `${causeClass(cause)} bar-edge` }, draw("title", {}, text)));
    at += ticks;
  }
  if (one.onPath && one.total > 0) {
    found.push(draw("line", { x1: FALL.left + one.start * scale, y1: y + FALL.row - 4, x2: FALL.left + Math.max(at, one.start + 1) * scale,
      y2: y + FALL.row - 4, class: "path-line" }));
  }
  return found;
}

const clipped = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function partText(about, one, cause, ticks) {
  const where = one.service === null ? say("js.home") : [one.service, one.service];
  return [0, 1].map((at) => `${where[at]}: ${say(`cause.${cause}`)[at]}, ${lasting(ticks * about.step)[at]}`);
}

function legendOf(rows) {
  const causes = ORDER.filter((cause) => rows.some((one) => one.parts.some((part) => part[0] === cause)));
  const items = causes.map((cause) => add(make("li", {}, make("span", { class: `key ${causeClass(cause)}` })), say(`cause.${cause}`)));
  items.push(make("li", {}, "▁▁ ", say("js.path")));
  byId("waterfall-legend").replaceChildren(...items);
}

// The same in words: for every visit where, when, how long and for whom.
function tableOf(about, rows) {
  const table = byId("waterfall-table");
  const head = make("tr");
  head.append(...["js.column.service", "js.column.who", "js.column.after", "js.column.parts"].map((one) => make("th", { scope: "col" }, say(one))));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rows.map((one) => {
    const line = make("tr");
    const who = one.member ? `${one.member} (${one.provider})` : one.provider || "–";
    const cellOf = make("td", {});
    one.parts.forEach(([cause, ticks], at) => {
      if (at) add(cellOf, ["; ", "；"]);
      add(cellOf, say("js.part", { cause: say(`cause.${cause}`), time: lasting(ticks * about.step) }));
    });
    if (one.before >= 0) add(cellOf, say("js.before", { who: one.member || one.provider, request: String(one.before) }));
    const service = make("td", {}, "› ".repeat(one.depth));
    add(service, one.service === null ? say("js.home") : one.service);
    line.append(service, make("td", {}, who), make("td", { class: "num" }, lasting(one.start * about.step)), cellOf);
    return line;
  }));
}
