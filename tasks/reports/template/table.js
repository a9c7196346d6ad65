// The table of threads: filtered, sorted, one page at a time, so that thousands of threads stay quick.

const PAGE_ROWS = 50;

function makeTable(data, open) {
  const threads = data.threads;
  const evaluators = evaluatorNames(threads);
  threads.forEach((thread, at) => { thread.place = at + 1; thread.first = firstRepeats(thread); });
  const facets = makeFacets(threads, evaluators);
  const users = [...new Set(threads.map((thread) => thread.user).filter(Boolean))].sort();
  const table = { threads, facets, columns: makeColumns(evaluators, users.length > 0), sort: { column: 0, down: false }, page: 0, rows: threads, open };
  table.form = drawFilters(facets, users, debounced(() => { table.page = 0; refresh(table); }));
  table.count = make("p", { class: "count", role: "status", "aria-live": "polite" });
  table.body = make("tbody", { role: "rowgroup", on: { keydown: moveFocus } });
  table.head = make("tr", { role: "row" });
  table.pager = make("nav", { class: "pager", "aria-label": "Pages of the table" });
  show(byId("threads"),
    make("h2", { id: "threads-title" }, "Threads"),
    shownNote(data) && make("p", { class: "notice", role: "note" }, shownNote(data)),
    table.form, table.count,
    make("div", { class: "card table-card" },
      make("table", { class: "threads", role: "table", "aria-labelledby": "threads-title" }, make("thead", { role: "rowgroup" }, table.head), table.body)),
    table.pager);
  refresh(table);
  return table;
}

function shownNote({ threads, total }) {
  return threads.length < total ? number(threads.length) + " of " + number(total) + " shown: the worst ones. The figures above are over all of them." : "";
}

function makeColumns(evaluators, hasUsers) {
  const rank = (word) => { const at = WORST_FIRST.indexOf(word); return at < 0 ? WORST_FIRST.length : at; };
  return [
    { label: "#", title: "Place, worst first", kind: "number place", value: (t) => t.place, cell: (t) => number(t.place) },
    { label: "Thread", kind: "name", value: (t) => t.id, cell: nameCell },
    hasUsers && { label: "User", kind: "user", value: (t) => t.user, cell: (t) => foreign(t.user ?? "") },
    { label: "Messages", kind: "number", value: (t) => t.messages.length, cell: (t) => number(t.messages.length) },
    { label: "Success", kind: "verdict", value: (t) => (t.success === null ? null : Number(t.success)), cell: (t) => badge(successWord(t.success)) },
    ...evaluators.map((name) => ({
      label: title(name), kind: "verdict",
      value: (t) => { const e = t.first.get(name); return !e || e.reason ? null : e.verdict ? rank(e.verdict) : e.score; },
      cell: (t) => evaluationCell(t.first.get(name)),
    })),
    { label: "Main finding", kind: "why", value: (t) => t.why, cell: (t) => foreign(t.why ?? "") },
  ].filter(Boolean);
}

function nameCell(thread) {
  const said = thread.name ?? thread.messages.find((message) => message.role === "user" && message.text.trim())?.text ?? "";
  return [make("a", { href: threadAddress(thread.id), tabindex: "-1" }, foreign(thread.id)), make("span", { class: "snippet" }, foreign(said.slice(0, 140)))];
}

function evaluationCell(evaluation) {
  if (!evaluation) return make("span", { class: "muted" }, "not judged");
  if (evaluation.reason) return reasonBadge(evaluation.reason);
  if (evaluation.verdict) return badge(evaluation.verdict);
  const { correct, compared } = evaluation.result;
  const part = isNumber(correct) && isNumber(compared) ? make("small", {}, " " + correct + " of " + compared) : "";
  return isNumber(evaluation.score) ? make("span", { class: "score" }, percent(evaluation.score, 0), part) : "";
}

function wantedNow(table) {
  const chosen = {};
  for (const select of table.form.querySelectorAll("select")) chosen[select.dataset.facet] = select.value;
  const read = (id) => (table.form.querySelector("#" + id)?.value ?? "").trim().toLowerCase();
  return { search: read("search"), user: read("user"), chosen };
}

function refresh(table) {
  const wanted = wantedNow(table);
  const { value } = table.columns[table.sort.column];
  table.rows = table.threads.filter((thread) => matches(thread, wanted, table.facets))
    .sort((a, b) => compare(value(a), value(b), table.sort.down) || a.place - b.place);
  const pages = Math.max(1, Math.ceil(table.rows.length / PAGE_ROWS));
  table.page = Math.min(table.page, pages - 1);
  drawHead(table);
  drawRows(table);
  drawPager(table, pages);
}

// What is unscored stands last, whichever way the column is sorted.
function compare(a, b, down) {
  const none = (value) => value === null || value === undefined;
  if (none(a) || none(b)) return Number(none(a)) - Number(none(b));
  const order = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
  return down ? -order : order;
}

function drawHead(table) {
  const focused = [...table.head.querySelectorAll("button")].indexOf(document.activeElement);
  show(table.head, table.columns.map((column, at) => {
    const active = table.sort.column === at;
    const sort = () => { table.sort = { column: at, down: active && !table.sort.down }; table.page = 0; refresh(table); };
    const arrow = make("span", { class: "arrow", "aria-hidden": "true" }, active ? (table.sort.down ? "\u2193" : "\u2191") : "\u2195");
    return make("th", { scope: "col", role: "columnheader", class: column.kind, "aria-sort": active ? (table.sort.down ? "descending" : "ascending") : "none" },
      button([column.label, arrow], sort, { title: column.title ?? "Sort by " + column.label.toLowerCase() }));
  }));
  if (focused >= 0) table.head.querySelectorAll("button")[focused].focus();
}

function drawRows(table) {
  const start = table.page * PAGE_ROWS;
  const rows = table.rows.slice(start, start + PAGE_ROWS);
  show(table.body, rows.map((thread) => make("tr",
    { role: "row", tabindex: "0", "data-place": thread.place, on: { click: () => table.open(thread), keydown: (event) => { if (event.key === "Enter") table.open(thread); } } },
    table.columns.map((column) => make("td", { role: "cell", class: column.kind, "data-label": column.label }, column.cell(thread))))));
  const found = table.rows.length === table.threads.length ? plural(table.rows.length, "thread")
    : number(table.rows.length) + " of " + plural(table.threads.length, "thread");
  table.count.textContent = found + (rows.length < table.rows.length ? ", rows " + number(start + 1) + " to " + number(start + rows.length) : "");
  if (!rows.length) table.body.append(make("tr", { role: "row" }, make("td", { role: "cell", colspan: table.columns.length, class: "empty" }, "No thread matches these filters.")));
}

function drawPager(table, pages) {
  const turn = (by) => () => { table.page += by; refresh(table); byId("threads").scrollIntoView(); };
  table.pager.hidden = pages < 2;
  show(table.pager,
    button("Previous page", turn(-1), { disabled: table.page === 0 }),
    make("span", {}, "Page " + number(table.page + 1) + " of " + number(pages)),
    button("Next page", turn(1), { disabled: table.page >= pages - 1 }));
}

function moveFocus(event) {
  const row = event.target.closest("tr");
  const next = event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
  if (next) { event.preventDefault(); next.focus(); }
}

function debounced(action) {
  let waiting = 0;
  return () => { clearTimeout(waiting); waiting = setTimeout(action, 120); };
}
