// One request: a scatter of when they were asked and how long they took; a click follows one of them.
const scatterBox = byId("scatter-box");
const PLOT = { wide: 860, high: 260, left: 64, base: 220, top: 10, right: 12 };
if (data.requests && scatterBox) {
  const about = data.requests;
  let sample = null;
  let visits = null;
  let shown = null;
  let hours = null;
  const dots = [];

  const consumerOptions = () => {
    const now = byId("request-consumer").value;
    const there = [...new Set(Array.from(sample.consumer))];
    byId("request-consumer").replaceChildren(make("option", { value: "" }, told(say("js.everybody"))),
      ...there.map((one) => make("option", { value: one }, about.consumers[one])));
    byId("request-consumer").value = now || "";
  };

  // Whether a request is among those that were picked here and elsewhere.
  function fits(place) {
    const consumer = byId("request-consumer").value;
    if (consumer !== "" && sample.consumer[place] !== Number(consumer)) return false;
    if (hours) {
      const when = new Date(Date.parse(`${about.start}T00:00:00Z`) + sample.at[place] * about.step * 1000);
      if (!hours.inside(24 * ((when.getUTCDay() + 6) % 7) + when.getUTCHours())) return false;
    }
    if (!filter.length) return true;
    if (about.consumers[sample.consumer[place]] !== filter[0]) return false;
    return filter.length < 2 || lostTo(place);
  }

  // Whether it lost time at the place, and by the cause, that were picked.
  function lostTo(place) {
    for (let row = bounds[place]; row < bounds[place + 1]; row += 1) {
      const names = [about.providers[visits.provider[row]], about.services[visits.service[row]], about.links[visits.link[row]]];
      if (!names.includes(filter[1])) continue;
      const causes = about.causes.map((cause, at) => [cause, visits[`part${at}`][row]]).filter((one) => one[1] > 0 && one[0] !== "work");
      if (filter[2] === undefined ? causes.length > 0 : causes.some((one) => one[0] === filter[2])) return true;
    }
    return false;
  }

  let bounds = [];
  function scale() {
    const most = Math.max(...sample.flow) * 1.05 || 1;
    const [first, last] = [Math.min(...sample.at), Math.max(...sample.at)];
    return {
      x: (at) => PLOT.left + ((PLOT.wide - PLOT.left - PLOT.right) * (at - first)) / Math.max(last - first, 1),
      y: (flow) => PLOT.base - ((PLOT.base - PLOT.top) * flow) / most,
      most,
      first,
      last,
    };
  }

  function axes(drawing, on_) {
    const unit = about.step;
    for (const tick of roundTicks(on_.most * unit)) {
      const y = on_.y(tick / unit);
      drawing.append(draw("line", { x1: PLOT.left, y1: y, x2: PLOT.wide - PLOT.right, y2: y, class: "grid" }),
        ...written({ x: PLOT.left - 6, y: y + 4, class: "axis", "text-anchor": "end" }, lasting(tick)));
    }
    const [ticks, days] = clockTicks(on_.first * unit, on_.last * unit);
    for (const tick of ticks) {
      const x = on_.x(tick / unit);
      const when = clock(about.start, tick, false).map((text) => (days ? text.slice(0, -6) : text));
      drawing.append(draw("line", { x1: x, y1: PLOT.top, x2: x, y2: PLOT.base, class: "grid" }),
        ...written({ x, y: PLOT.base + 18, class: "axis",
          "text-anchor": x < PLOT.left + 60 ? "start" : x > PLOT.wide - 80 ? "end" : "middle" }, when));
    }
    for (const [consumer, limit] of about.limits) {
      const y = on_.y(limit / unit);
      if (y < PLOT.top) continue;
      drawing.append(draw("line", { x1: PLOT.left, y1: y, x2: PLOT.wide - PLOT.right, y2: y, class: "limit" }),
        ...written({ x: PLOT.wide - PLOT.right, y: y - 4, class: "axis", "text-anchor": "end" }, say("js.promised", { consumer, time: lasting(limit) })));
    }
  }

  function plot() {
    const on_ = scale();
    const drawing = draw("svg", { viewBox: `0 0 ${PLOT.wide} ${PLOT.high}`, class: "chart scatter", role: "img", "aria-labelledby": "scatter-label" });
    axes(drawing, on_);
    const limits = new Map(about.limits.map((one) => [one[0], one[1] / about.step]));
    for (let place = 0; place < sample.row.length; place += 1) {
      const late = sample.flow[place] > (limits.get(about.consumers[sample.consumer[place]]) ?? Infinity);
      const mark = draw("path", { d: `M${on_.x(sample.at[place]).toFixed(1)} ${on_.y(sample.flow[place]).toFixed(1)}h0`, class: late ? "mark late" : "mark" });
      dots.push(mark);
      drawing.append(mark);
    }
    const ring = draw("circle", { r: 7, class: "chosen", visibility: "hidden" });
    drawing.append(ring);
    drawing.addEventListener("click", (event) => {
      const box = drawing.getBoundingClientRect();
      const [x, y] = [((event.clientX - box.left) * PLOT.wide) / box.width, ((event.clientY - box.top) * PLOT.high) / box.height];
      let best = null;
      for (let place = 0; place < sample.row.length; place += 1) {
        const far = Math.hypot(on_.x(sample.at[place]) - x, on_.y(sample.flow[place]) - y);
        if (fits(place) && (best === null || far < best[1])) best = [place, far];
      }
      if (best && best[1] < 40) follow(best[0]);
    });
    scatterBox.replaceChildren(drawing);
    on("request", (place) => {
      ring.setAttribute("visibility", "visible");
      ring.setAttribute("cx", on_.x(sample.at[place]));
      ring.setAttribute("cy", on_.y(sample.flow[place]));
    });
  }

  function follow(place) {
    shown = place;
    const title = say("js.request", { number: String(sample.row[place]), consumer: about.consumers[sample.consumer[place]],
      when: clock(about.start, sample.at[place] * about.step, false), time: lasting(sample.flow[place] * about.step) });
    put(byId("request-told"), title);
    waterfall(about, visits, bounds[place], bounds[place + 1], sample.flow[place]);
    tell("request", place);
  }

  // The sample stands in the order of flow times: the next one that fits is the next slower, or quicker.
  function step(by) {
    for (let place = shown + by; place >= 0 && place < sample.row.length; place += by) {
      if (fits(place)) {
        follow(place);
        return;
      }
    }
  }

  function refresh() {
    dots.forEach((dot, place) => dot.classList.toggle("out", !fits(place)));
    if (shown !== null && !fits(shown)) {
      const last = sample.row.length - 1 - Array.from(sample.row).reverse().findIndex((_, at) => fits(sample.row.length - 1 - at));
      if (last < sample.row.length && fits(last)) follow(last);
    }
  }

  (async () => {
    sample = await unpack(about.requests);
    visits = await unpack(about.visits);
    const rows = visits.request.length;
    bounds = new Array(sample.row.length + 1).fill(rows);
    for (let row = rows - 1; row >= 0; row -= 1) bounds[visits.request[row]] = row;
    for (let place = sample.row.length - 1; place >= 0; place -= 1) if (bounds[place] > bounds[place + 1]) bounds[place] = bounds[place + 1];
    consumerOptions();
    plot();
    follow(sample.row.length - 1);
    on("filter", refresh);
    on("language", consumerOptions);
    on("hours", (next) => {
      hours = next;
      refresh();
    });
    byId("request-consumer").addEventListener("change", refresh);
    byId("request-slower").addEventListener("click", () => step(1));
    byId("request-quicker").addEventListener("click", () => step(-1));
  })().catch((error) => put(byId("request-told"), String(error)));
}

// Round instants between two, in seconds from time 0, which is a midnight; and whether they are whole days.
function clockTicks(first, last) {
  const steps = [1e-3, 0.01, 0.1, 1, 10, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 604800, 1209600,
    2419200, 4838400, 14515200, 31449600];
  const step = steps.find((one) => (last - first) / one <= 5) || steps[steps.length - 1];
  const from = Math.ceil(first / step);
  return [Array.from({ length: Math.max(Math.floor(last / step) - from + 1, 0) }, (_, at) => step * (from + at)), step >= 86400];
}

// Round steps of time, in seconds, below a largest.
function roundTicks(most) {
  const steps = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 14400, 28800, 43200,
    86400, 172800, 432000, 864000, 1728000, 4320000, 8640000, 31536000];
  const step = steps.find((one) => most / one <= 5) || steps[steps.length - 1];
  return Array.from({ length: Math.floor(most / step) }, (_, at) => step * (at + 1));
}
