// The heat map of the week: by provider and cause, with hours to pick by dragging or from the keyboard.
const heatBox = byId("heat-box");
if (heatBox) {
  const cells = all("[data-cell]", heatBox);
  const drawing = heatBox.querySelector("svg");
  let picked = null;
  let shownWeek = new Array(168).fill(0);

  const providers = [...new Set(data.heat.weeks.map((one) => one[0]))];
  const options = () => {
    const now = byId("heat-provider").value;
    byId("heat-provider").replaceChildren(
      make("option", { value: "" }, told(say("js.everywhere"))),
      ...providers.map((one) => make("option", { value: one }, one === "(none)" ? told(say("js.nobody")) : one)));
    byId("heat-provider").value = now || "";
  };

  // The hours waited in a week, of what is chosen and of what is filtered.
  function week() {
    const provider = byId("heat-provider").value;
    const sums = new Array(168).fill(0);
    for (const [place, cause, values] of data.heat.weeks) {
      if (provider && place !== provider) continue;
      if (!provider && filter[1] !== undefined && providers.includes(filter[1]) && place !== filter[1]) continue;
      if (filter[2] !== undefined && cause !== filter[2]) continue;
      values.forEach((value, hour) => { sums[hour] += value; });
    }
    return sums;
  }

  const bounds = (most) => [0, 0.04, 0.12, 0.25, 0.45, 0.7].map((one) => Number((most * one).toPrecision(2)));

  function show() {
    shownWeek = week();
    const steps = bounds(Math.max(...shownWeek));
    for (const one of cells) {
      const value = shownWeek[Number(one.dataset.cell)];
      one.setAttribute("class", `heat-${steps.filter((bound) => value > bound).length}`);
      const hour = Number(one.dataset.cell);
      const text = said(hour, value);
      one.querySelector("title").textContent = text[language()];
      one.setAttribute("aria-label", text[language()]);
    }
    all(".key[data-step]").forEach((key) => {
      const step = Number(key.dataset.step);
      if (step > 1) put(key.parentNode.querySelector(".key-title"), say("js.above", { hours: number(steps[step - 1]) }));
    });
    outlineDuty();
    showBrush();
  }

  const said = (hour, value) => say("js.cell", {
    day: say(`weekday.${Math.floor(hour / 24)}`), hour: `${String(hour % 24).padStart(2, "0")}:00`, hours: number(value) });

  function outlineDuty() {
    const provider = byId("heat-provider").value;
    if (!provider) return;
    for (const old of all(".duty", drawing)) old.remove();
    const staff = data.heat.staff[provider];
    if (!staff) return;
    for (let day = 0; day < 7; day += 1) {
      let from = null;
      for (let hour = 0; hour <= 24; hour += 1) {
        const there = hour < 24 && staff[24 * day + hour] > 0.02;
        if (there && from === null) from = hour;
        if (!there && from !== null) {
          const first = place(24 * day + from);
          const last = place(24 * day + hour - 1);
          drawing.append(draw("rect", { x: first.x, y: first.y, width: last.x + last.width - first.x,
            height: first.height, class: "duty", rx: 2 }));
          from = null;
        }
      }
    }
    const title = byId("duty-title");
    if (title) put(title, say("js.duty", { provider }));
  }

  function place(hour) {
    const one = cells[hour];
    return Object.fromEntries(["x", "y", "width", "height"].map((key) => [key, Number(one.getAttribute(key))]));
  }

  // Picked hours: from one cell to another, as a block of days and hours.
  const frame = draw("rect", { class: "brush", width: 0, height: 0, rx: 2 });
  drawing.append(frame);

  function inside(hour) {
    if (!picked) return true;
    const [day, clockHour] = [Math.floor(hour / 24), hour % 24];
    return day >= picked[0] && day <= picked[2] && clockHour >= picked[1] && clockHour <= picked[3];
  }

  function showBrush() {
    frame.setAttribute("visibility", picked ? "visible" : "hidden");
    for (const one of cells) one.setAttribute("aria-pressed", String(picked !== null && inside(Number(one.dataset.cell))));
    if (!picked) {
      put(byId("heat-brushed"));
      return;
    }
    const first = place(24 * picked[0] + picked[1]);
    const last = place(24 * picked[2] + picked[3]);
    frame.setAttribute("x", first.x);
    frame.setAttribute("y", first.y);
    frame.setAttribute("width", last.x + last.width - first.x);
    frame.setAttribute("height", last.y + last.height - first.y);
    const whole = shownWeek.reduce((sum, value) => sum + value, 0);
    const part = shownWeek.reduce((sum, value, hour) => sum + (inside(hour) ? value : 0), 0);
    put(byId("heat-brushed"), say("js.brushed", {
      days: picked[0] === picked[2] ? say(`weekday.${picked[0]}`)
        : [0, 1].map((at) => `${say(`weekday.${picked[0]}`)[at]}–${say(`weekday.${picked[2]}`)[at]}`),
      from: `${String(picked[1]).padStart(2, "0")}:00`, to: `${String(picked[3] + 1).padStart(2, "0")}:00`,
      hours: number(part), share: share(whole > 0 ? part / whole : 0) }));
  }

  function pick(one, other) {
    const [a, b] = [one, other].map((hour) => [Math.floor(hour / 24), hour % 24]);
    const next = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    picked = picked && one === other && next.every((value, at) => value === picked[at]) ? null : next;
    showBrush();
  }

  let from = null;
  for (const one of cells) {
    one.setAttribute("role", "button");
    one.setAttribute("tabindex", one === cells[0] ? "0" : "-1");
    one.addEventListener("pointerdown", (event) => {
      from = Number(one.dataset.cell);
      if (one.hasPointerCapture && one.hasPointerCapture(event.pointerId)) one.releasePointerCapture(event.pointerId);
      event.preventDefault();
    });
    one.addEventListener("pointerenter", () => {
      if (from === null || from === Number(one.dataset.cell)) return;
      picked = null;
      pick(from, Number(one.dataset.cell));
    });
    one.addEventListener("pointerup", () => {
      if (from === null) return;
      if (from === Number(one.dataset.cell)) pick(from, from);
      from = null;
      tell("hours", picked ? { inside, first: 24 * picked[0] + picked[1] } : null);
    });
    one.addEventListener("keydown", (event) => move(event, one));
  }
  window.addEventListener("pointerup", () => { from = null; });

  const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -24, ArrowDown: 24 };
  function move(event, one) {
    const here = Number(one.dataset.cell);
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pick(here, here);
      tell("hours", picked ? { inside, first: here } : null);
    } else if (MOVES[event.key] !== undefined && cells[here + MOVES[event.key]]) {
      event.preventDefault();
      const next = cells[here + MOVES[event.key]];
      one.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
      if (event.shiftKey) {
        const start = picked ? 24 * picked[0] + picked[1] : here;
        picked = null;
        pick(start, here + MOVES[event.key]);
        tell("hours", { inside, first: start });
      }
    }
  }
  drawing.setAttribute("role", "group");
  options();
  byId("heat-provider").addEventListener("change", show);
  on("filter", show);
  on("language", () => {
    options();
    show();
  });
}
