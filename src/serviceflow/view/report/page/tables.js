// Tables: sorted by a click on a heading, copied for spreadsheets, downloaded, and that of all figures.
const RISKY = /^[=+\-@\t\r]/;
// A text that a spreadsheet would run gets an apostrophe before it.
const guarded = (text, isNumber) => (!isNumber && RISKY.test(text) ? `'${text}` : text);

function sortable(table) {
  const heads = all("thead th", table);
  heads.forEach((head, column) => {
    if (!head.textContent.trim() || head.querySelector("button")) return;
    const button = make("button", { type: "button" });
    button.append(...Array.from(head.childNodes));
    head.append(button);
    button.addEventListener("click", () => sortBy(table, heads, head, column));
  });
}

function sortBy(table, heads, head, column) {
  const numeric = head.classList.contains("num");
  const now = head.getAttribute("aria-sort");
  const rising = now ? now === "descending" : !numeric;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const body = table.tBodies[0];
  const keyed = Array.from(body.rows, (row) => [key(row.cells[column], numeric), row]);
  keyed.sort((one, other) => compared(one[0], other[0], rising));
  body.append(...keyed.map((pair) => pair[1]));
}

function key(cellOf, numeric) {
  if (!cellOf) return null;
  if (cellOf.dataset.value !== undefined) return Number(cellOf.dataset.value);
  const text = seen(cellOf);
  if (!numeric) return text;
  const found = Number(text.replace(/[,%]/g, ""));
  return text === "" || Number.isNaN(found) ? null : found;
}

// What is missing stands last, whichever way the table is sorted.
function compared(one, other, rising) {
  if (one === null || other === null) return (one === null) - (other === null);
  const order = typeof one === "string" ? one.localeCompare(other, undefined, { numeric: true }) : one - other;
  return rising ? order : -order;
}

// The text of an element in the language that is shown.
function seen(element) {
  const hidden = root.lang === "zh" ? "en" : "zh";
  const copyOf = element.cloneNode(true);
  for (const other of all(`.${hidden}`, copyOf)) other.remove();
  return copyOf.textContent.trim();
}

function lines(table) {
  const rows = [...table.tHead.rows, ...table.tBodies[0].rows].filter((row) => !row.classList.contains("off"));
  return rows.map((row) => Array.from(row.cells, (one) =>
    (one.dataset.value !== undefined ? one.dataset.value : guarded(seen(one), false))));
}

const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
const asCsv = (table) => `${lines(table).map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
const asTsv = (table) => lines(table).map((row) => row.map((one) => one.replace(/[\t\n\r]+/g, " ")).join("\t")).join("\n");

for (const table of all("table.sortable")) if (table.tHead.rows.length) sortable(table);
for (const button of all("button.copy")) {
  button.addEventListener("click", () => copy(asTsv(byId(button.dataset.table)), button));
}
for (const button of all("button.download")) {
  button.addEventListener("click", () =>
    save(`${button.dataset.table.replace("table-", "")}.csv`, `\ufeff${asCsv(byId(button.dataset.table))}`, "text/csv"));
}
byId("model-copy").addEventListener("click", (event) => copy(byId("model").textContent, event.currentTarget));
byId("model-download").addEventListener("click", () => save("model.yaml", byId("model").textContent, "text/yaml"));

// All figures: written when they are first asked for, the first few hundred that fit the filter.
const SHOWN = 400;
const FIGURE_COLUMNS = ["scope", "name", "measure", "unit", "mean", "ci_low", "ci_high", "replications", "requests", "unfinished"];
const NUMERIC = FIGURE_COLUMNS.slice(4);

function allFigures() {
  const table = byId("table-all");
  const figuresOf = data.kpis[Number(byId("all-scenario").value || 0)];
  const wanted = byId("all-filter").value.trim().toLowerCase();
  if (!table.tHead.rows.length) {
    const heads = FIGURE_COLUMNS.map((one) =>
      make("th", { scope: "col", class: NUMERIC.includes(one) ? "num" : null }, say(`js.column.${one}`)));
    const row = make("tr");
    row.append(...heads);
    table.tHead.append(row);
    sortable(table);
  }
  const found = [];
  for (let row = 0; row < rowsOf(figuresOf); row += 1) {
    if (!wanted || matches(figuresOf, row, wanted)) found.push(row);
  }
  table.tBodies[0].replaceChildren(...found.slice(0, SHOWN).map((row) => figureRow(figuresOf, row)));
  for (const head of all("thead th", table)) head.removeAttribute("aria-sort");
  put(byId("all-note"), say("js.rows", { shown: Math.min(found.length, SHOWN), all: found.length }));
}

function matches(table, row, wanted) {
  const measure = cell(table, "measure", row);
  const words = [cell(table, "scope", row), cell(table, "name", row), measure, ...(data.measures[measure] || [])];
  return wanted.split(/\s+/).every((part) => words.some((word) => word.toLowerCase().includes(part)));
}

function figureRow(table, row) {
  const unit = cell(table, "unit", row);
  const line = make("tr");
  for (const column of FIGURE_COLUMNS) {
    const value = cell(table, column, row);
    if (NUMERIC.includes(column)) {
      const shown = column === "mean" || column.startsWith("ci_") ? measured(value, unit) : number(value);
      line.append(make("td", { class: "num", "data-value": value === null ? null : value }, value === null ? "" : shown));
    } else if (column === "scope") line.append(make("td", {}, data.scopes[value] || value));
    else if (column === "measure") line.append(make("td", {}, data.measures[value] || value));
    else line.append(make("td", {}, value));
  }
  return line;
}

data.scenarios.forEach((name, place) => byId("all-scenario").append(make("option", { value: place }, name)));
byId("all-scenario-label").hidden = data.scenarios.length < 2;
byId("all-block").addEventListener("toggle", () => byId("all-block").open && allFigures());
byId("all-filter").addEventListener("input", allFigures);
byId("all-scenario").addEventListener("change", allFigures);

// What was picked elsewhere is all that the table of lost time shows.
on("filter", () => {
  for (const row of all("#lost-table tbody tr")) row.classList.toggle("off", !isPicked(row.dataset.path.split("\t")));
});
