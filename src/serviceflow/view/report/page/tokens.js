// One panel of the replay: a map, and over it a canvas with a mark for every request that is there.
const SHAPES = ["disc", "square", "triangle", "diamond"];
const RADIUS = 3.4;
const PITCH = 7.6;
const ROWS = 3;
const POINTS = 40;

// Colors as the style sheet has them in the theme that is shown.
const colors = new Map();
function color(name) {
  if (!colors.has(name)) colors.set(name, getComputedStyle(root).getPropertyValue(`--${name}`).trim() || "#777");
  return colors.get(name);
}
on("theme", () => colors.clear());
systemIsDark.addEventListener("change", () => colors.clear());
const causeColor = (cause) => color(cause.replace(/_/g, "-"));

function outlined(context, shape, x, y, r) {
  context.beginPath();
  if (shape === "square") context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (shape === "triangle") {
    context.moveTo(x, y - r * 1.15);
    context.lineTo(x + r * 1.1, y + r * 0.85);
    context.lineTo(x - r * 1.1, y + r * 0.85);
    context.closePath();
  } else if (shape === "diamond") {
    context.moveTo(x, y - r * 1.2);
    context.lineTo(x + r * 1.2, y);
    context.lineTo(x, y + r * 1.2);
    context.lineTo(x - r * 1.2, y);
    context.closePath();
  } else context.arc(x, y, r, 0, 2 * Math.PI);
}

class Panel {
  constructor(map, title, told) {
    this.told = told;
    this.figure = make("figure", { class: "replay-panel-figure" });
    this.box = make("div", { class: "map-box replay-panel" });
    this.svg = byId(`map-${map}`).querySelector("svg").cloneNode(true);
    for (const one of [this.svg, ...all("*", this.svg)]) {
      for (const attribute of ["id", "tabindex", "role", "aria-label", "aria-pressed"]) one.removeAttribute(attribute);
    }
    this.svg.setAttribute("viewBox", viewOf(byId(`map-${map}`).querySelector("svg")).whole.join(" "));
    this.svg.setAttribute("aria-hidden", "true");
    this.canvas = make("canvas", { role: "img", "aria-label": title });
    this.box.append(this.svg, this.canvas);
    this.figure.append(make("figcaption", { class: "note" }, title), this.box);
    this.context = this.canvas.getContext("2d");
    this.sprites = new Map();
    this.size = "";
  }

  async load() {
    this.columns = await unpack(this.told.visits);
    const { asked, way, wait, work, held } = this.columns;
    const rows = asked.length;
    this.arrived = asked.map((one, row) => one + way[row]);
    this.started = this.arrived.map((one, row) => one + wait[row]);
    this.finished = this.started.map((one, row) => one + work[row]);
    this.left = this.finished.map((one, row) => one + held[row]);
    this.rows = rows;
    this.measure();
  }

  // The heading and the scales of the map stand above already: only the drawing itself is shown here.
  crop() {
    const graph = this.svg.querySelector("g");
    const parts = all("g.node, g.edge, g.cluster", graph).map((one) => one.getBBox());
    for (const one of Array.from(graph.children)) {
      if (one.tagName === "text" || one.tagName === "polygon") one.remove();
    }
    const left = Math.min(...parts.map((one) => one.x));
    const top = Math.min(...parts.map((one) => one.y));
    const right = Math.max(...parts.map((one) => one.x + one.width));
    const bottom = Math.max(...parts.map((one) => one.y + one.height));
    const shift = /translate\(([-\d.]+)[ ,]+([-\d.]+)\)/.exec(graph.getAttribute("transform")) || [0, 0, 0];
    const margin = 16;
    this.svg.setAttribute("viewBox", [left + Number(shift[1]) - margin, top + Number(shift[2]) - margin,
      right - left + 2 * margin, bottom - top + 2 * margin].join(" "));
  }

  // Where services stand and links run, in the map's own points.
  measure() {
    this.crop();
    const shapesOf = (kind) => new Map(all(`[data-kind="${kind}"]`, this.svg).map((one) => [one.dataset.name, one]));
    const services = shapesOf("service");
    const boxOf = (shape) => {
      const found = outline(shape).getBBox();
      return { left: found.x, top: found.y, right: found.x + found.width, bottom: found.y + found.height };
    };
    this.services = this.told.services.map((name) => (services.has(name) ? boxOf(services.get(name)) : null));
    const providers = shapesOf("provider");
    this.providers = this.told.providers.map((name) => (providers.has(name) ? boxOf(providers.get(name)) : null));
    const links = shapesOf("link");
    this.links = this.told.links.map((name) => (links.has(name) ? pointsOf(links.get(name).querySelector("path")) : null));
    const end = all("g.node", this.svg).length;
    this.scale = end > 40 ? 1.6 : 1;
  }

  fit() {
    const size = this.box.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const own = `${size.width}x${size.height}x${ratio}`;
    if (own !== this.size) {
      this.size = own;
      this.canvas.width = Math.round(size.width * ratio);
      this.canvas.height = Math.round(size.height * ratio);
      this.sprites.clear();
    }
    const matrix = this.svg.querySelector("g").getScreenCTM();
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.zoom = matrix.a;
    this.shift = [matrix.e - size.left, matrix.f - size.top];
  }

  // A mark as a small picture, drawn once.
  sprite(shape, fill) {
    const key = `${shape} ${fill}`;
    if (!this.sprites.has(key)) {
      const ratio = window.devicePixelRatio || 1;
      const r = Math.max(RADIUS * this.zoom * this.scale, 2);
      const side = Math.ceil(3 * r * ratio) + 2;
      const canvas = make("canvas", { width: side, height: side });
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      outlined(context, shape, side / ratio / 2, side / ratio / 2, r);
      context.fillStyle = fill;
      context.fill();
      context.strokeStyle = color("card");
      context.lineWidth = 0.8;
      context.stroke();
      this.sprites.set(key, { canvas, side: side / ratio });
    }
    return this.sprites.get(key);
  }

  mark(x, y, shape, fill) {
    const one = this.sprite(shape, fill);
    const [px, py] = [x * this.zoom + this.shift[0], y * this.zoom + this.shift[1]];
    this.context.drawImage(one.canvas, px - one.side / 2, py - one.side / 2, one.side, one.side);
  }

  // Everything at one instant; gives how many wait and are at work at each provider.
  show(step) {
    this.fit();
    const { context } = this;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const { asked, service, link, consumer, cause } = this.columns;
    const slots = { waiting: new Int32Array(this.services.length), working: new Int32Array(this.services.length) };
    const counts = this.told.providers.map(() => [0, 0]);
    const chosen = filter[0] === undefined ? -1 : data.replay.consumers.indexOf(filter[0]);
    for (let row = 0; row < this.rows; row += 1) {
      if (asked[row] > step) break;
      if (this.left[row] <= step) continue;
      context.globalAlpha = chosen >= 0 && consumer[row] !== chosen ? 0.15 : 1;
      this.one(row, step, slots, counts, service[row], SHAPES[Math.max(consumer[row], 0) % SHAPES.length], link[row], cause[row]);
    }
    context.globalAlpha = 1;
    this.overflow(slots);
    this.badges(counts, step);
    return counts;
  }

  one(row, step, slots, counts, service, shape, link, cause) {
    const owner = service >= 0 ? this.told.owner[service] : -1;
    if (step < this.arrived[row]) {
      const points = this.links[link];
      if (!points) return;
      const part = (step - this.columns.asked[row]) / Math.max(this.columns.way[row], 1);
      const at = Math.min(Math.max(part, 0), 1) * (POINTS - 1);
      const [low, high] = [Math.floor(at), Math.ceil(at)];
      const rest = at - low;
      this.mark(points[low][0] * (1 - rest) + points[high][0] * rest, points[low][1] * (1 - rest) + points[high][1] * rest,
        shape, color("delay"));
      return;
    }
    const box = this.services[service];
    if (!box) return;
    const pitch = PITCH * this.scale;
    const across = Math.max(Math.floor((box.right - box.left) / pitch), 1);
    if (step < this.started[row]) {
      const slot = slots.waiting[service];
      slots.waiting[service] += 1;
      if (owner >= 0) counts[owner][0] += 1;
      if (slot >= across * ROWS) return;
      this.mark(box.left + pitch * (0.5 + (slot % across)), box.bottom + pitch * (0.6 + Math.floor(slot / across)),
        shape, causeColor(data.waits[cause]));
      return;
    }
    const slot = slots.working[service];
    slots.working[service] += 1;
    if (owner >= 0) counts[owner][1] += 1;
    if (slot >= across * 2) return;
    const held = step >= this.finished[row];
    this.mark(box.left + pitch * (0.5 + (slot % across)), box.top - pitch * (0.6 + Math.floor(slot / across)),
      shape, held ? color("blocked") : color("work"));
  }

  // How many there are beside those that have room to be drawn.
  overflow(slots) {
    this.services.forEach((box, service) => {
      if (!box) return;
      const pitch = PITCH * this.scale;
      const across = Math.max(Math.floor((box.right - box.left) / pitch), 1);
      const more = slots.waiting[service] - across * ROWS;
      if (more > 0) this.word(`+${more}`, box.right + 2, box.bottom + pitch * 1.6, "start", color("bad"));
    });
  }

  // Waiting, and at work of those on duty, at the frame of each provider.
  badges(counts, step) {
    this.providers.forEach((box, provider) => {
      if (!box) return;
      const [waiting, working] = counts[provider];
      this.word(`${waiting} + ${working}/${this.onDuty(provider, step)}`, box.right - 2, box.top - 6, "end",
        waiting > 0 ? color("bad") : color("faint"));
    });
  }

  word(text, x, y, align, fill) {
    const { context } = this;
    const size = Math.max(9 * this.zoom * this.scale, 9);
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textAlign = align;
    context.textBaseline = "middle";
    const [px, py] = [x * this.zoom + this.shift[0], y * this.zoom + this.shift[1]];
    context.lineWidth = 3;
    context.strokeStyle = color("card");
    context.strokeText(text, px, py);
    context.fillStyle = fill;
    context.fillText(text, px, py);
  }

  onDuty(provider, step) {
    let found = 0;
    for (const [at, staff] of this.told.duty[provider]) {
      if (at > step) break;
      found = staff;
    }
    return found;
  }
}

function pointsOf(path) {
  if (!path) return null;
  const length = path.getTotalLength();
  return Array.from({ length: POINTS }, (_, at) => {
    const point = path.getPointAtLength((length * at) / (POINTS - 1));
    return [point.x, point.y];
  });
}
