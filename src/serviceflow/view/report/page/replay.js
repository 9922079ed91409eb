// The replay: a clock that runs over a stretch of the run, with one panel for each scenario.
const replayBox = byId("replay-live");
if (data.replay && replayBox) {
  const told_ = data.replay;
  const spans = new Map();
  let span = null;
  let panels = [];
  let step = 0;
  let playing = false;
  let before = 0;
  let lastCounts = 0;

  const seek = byId("replay-seek");
  const SPEEDS = [1, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 28 * 86400];
  const seconds = () => span.start + step * span.step;

  const spanOptions = () => {
    const now = byId("replay-span").value;
    byId("replay-span").replaceChildren(...told_.spans.map((one, place) =>
      make("option", { value: place }, one.title[language()])));
    byId("replay-span").value = now || String(told_.spans.length - 1);
  };

  // Speeds that make sense for a stretch of this length; the first plays it in about a minute.
  function speedOptions() {
    const whole = span.steps * span.step;
    const fitting = SPEEDS.filter((one) => whole / one >= 1 && (one === 1 || whole / one < 20000));
    const usual = fitting.reduce((best, one) => (Math.abs(Math.log(whole / one / 60)) < Math.abs(Math.log(whole / best / 60)) ? one : best), fitting[0] || 1);
    const now = Number(byId("replay-speed").value);
    byId("replay-speed").replaceChildren(...(fitting.length ? fitting : [1]).map((one) =>
      make("option", { value: one }, one === 1 ? "1×" : `${lasting(one)[language()]} / ${told(["s", "秒"])}`)));
    byId("replay-speed").value = String(fitting.includes(now) ? now : usual);
  }

  async function open(place) {
    playing = false;
    span = told_.spans[place];
    if (!spans.has(place)) {
      const made = span.panels.map((one, at) => new Panel(told_.maps[at], told_.titles[at], one));
      spans.set(place, made);
    }
    panels = spans.get(place);
    byId("replay-panels").replaceChildren(...panels.map((one) => one.figure));
    for (const one of panels) if (!one.rows) await one.load();
    seek.max = String(span.steps);
    step = Math.min(firstBusy(), span.steps);
    speedOptions();
    legend();
    show(true);
  }

  // Where something happens first: the replay begins there.
  function firstBusy() {
    const first = panels[0].arrived.find((one) => one >= 0);
    return first === undefined ? 0 : first;
  }

  function show(all_) {
    const counts = panels.map((one) => one.show(step));
    const now = performance.now();
    if (all_ || now - lastCounts > 250) {
      lastCounts = now;
      put(byId("replay-clock"), clock(told_.start, seconds(), span.step < 1));
      seek.value = String(Math.round(step));
      seek.setAttribute("aria-valuetext", clock(told_.start, seconds(), false)[language()]);
      countTable(counts);
    }
  }

  function frame(now) {
    if (!playing) return;
    const passed = Math.min((now - before) / 1000, 0.25);
    before = now;
    step += (passed * Number(byId("replay-speed").value)) / span.step;
    if (step >= span.steps) {
      step = span.steps;
      setPlaying(false);
    }
    show(!playing);
    requestAnimationFrame(frame);
  }

  function setPlaying(next) {
    playing = next;
    byId("replay-play").setAttribute("aria-pressed", String(playing));
    put(byId("replay-play"), say(playing ? "js.pause" : "js.play"));
    if (playing) {
      if (step >= span.steps) step = 0;
      before = performance.now();
      requestAnimationFrame(frame);
    }
  }

  // Waiting, at work and on duty of each provider, for all panels.
  function countTable(counts) {
    const table = byId("replay-counts");
    const head = make("tr");
    head.append(make("th", { scope: "col" }, data.scopes.provider));
    panels.forEach((_, at) => {
      const of = panels.length > 1 ? ` (${told_.titles[at]})` : "";
      for (const key of ["js.waiting", "js.working", "js.duty.now"]) head.append(make("th", { scope: "col", class: "num" }, say(key), of));
    });
    table.tHead.replaceChildren(head);
    const names = panels[0].told.providers;
    table.tBodies[0].replaceChildren(...names.map((name) => {
      const line = make("tr");
      line.append(make("td", {}, name));
      panels.forEach((panel, at) => {
        const own = panel.told.providers.indexOf(name);
        const values = own < 0 ? ["–", "–", "–"] : [...counts[at][own], panel.onDuty(own, step)];
        for (const value of values) line.append(make("td", { class: "num" }, String(value)));
      });
      return line;
    }));
  }

  function legend() {
    const causes = new Set();
    for (const panel of panels) panel.columns.cause.forEach((cause, row) => panel.columns.wait[row] > 0 && causes.add(cause));
    const items = [...causes].sort((a, b) => a - b).map((cause) => key(`cause-${data.waits[cause].replace(/_/g, "-")}`, say(`cause.${data.waits[cause]}`)));
    items.unshift(key("cause-delay", say("js.moving")), key("cause-work", say("js.at.work")));
    if (told_.consumers.length > 1) {
      const signs = ["●", "■", "▲", "◆"];
      items.push(...told_.consumers.slice(0, 12).map((name, at) => make("li", {}, `${signs[at % 4]} ${name}`)));
    }
    byId("replay-legend").replaceChildren(...items);
  }

  function key(kind, text) {
    const item = make("li", {}, make("span", { class: `key ${kind}` }));
    return add(item, text);
  }

  function nextIncident() {
    setPlaying(false);
    const found = panels.flatMap((panel, at) => panel.told.incidents.map((one) => [...one, at]))
      .filter((one) => one[1] > Math.round(step)).sort((a, b) => a[1] - b[1])[0];
    if (!found) {
      put(byId("replay-incident"), say("js.no.incident"));
      step = 0;
    } else {
      const [kind, at, name, value, panel] = found;
      step = at;
      const what = say(`js.incident.${kind}`, { name, time: lasting(value), count: number(value) });
      put(byId("replay-incident"), clock(told_.start, seconds(), false), ": ", what,
        panels.length > 1 ? ` (${told_.titles[panel]})` : null);
    }
    show(true);
  }

  spanOptions();
  byId("replay-span").addEventListener("change", () => open(Number(byId("replay-span").value)));
  byId("replay-play").addEventListener("click", () => setPlaying(!playing));
  byId("replay-next").addEventListener("click", nextIncident);
  seek.addEventListener("input", () => {
    step = Number(seek.value);
    show(true);
  });
  const again = () => span && panels.every((one) => one.rows !== undefined) && show(true);
  window.addEventListener("resize", again);
  on("theme", () => {
    for (const made of spans.values()) for (const one of made) one.sprites.clear();
    again();
  });
  on("filter", again);
  on("language", () => {
    spanOptions();
    if (span) {
      speedOptions();
      again();
    }
  });
  on("hours", (hours) => {
    if (!hours || !span) return;
    for (let at = 0; at < span.steps; at += Math.max(Math.round(900 / span.step), 1)) {
      const when = new Date(Date.parse(`${told_.start}T00:00:00Z`) + (span.start + at * span.step) * 1000);
      const fits = when.getUTCHours() === hours.first % 24;
      if (fits && (span.steps * span.step <= 86400 || hours.inside(24 * ((when.getUTCDay() + 6) % 7) + when.getUTCHours()))) {
        step = at;
        show(true);
        return;
      }
    }
  });
  // Unpacked when it comes into view: a page opens at once.
  const watcher = new IntersectionObserver((seen) => {
    if (seen.some((one) => one.isIntersecting)) {
      watcher.disconnect();
      open(told_.spans.length - 1).catch((error) => put(byId("replay-incident"), String(error)));
    }
  }, { rootMargin: "300px" });
  watcher.observe(replayBox);
}
