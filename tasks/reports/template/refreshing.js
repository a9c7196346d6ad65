// Redraws the table after a filter, a sort or a turn of the page.

function wantedNow(table) {
  const chosen = {};
  for (const select of table.form.querySelectorAll("select")) chosen[select.dataset.facet] = select.value;
  const read = (id) => (table.form.querySelector("#" + id)?.value ?? "").trim().toLowerCase();
  return { search: read("search"), user: read("user"), chosen };
}

function refresh(table) {
  const wanted = wantedNow(table);
  const { value } = table.columns[table.sort.column];
  table.rows = table.threads
    .filter((thread) => matches(thread, wanted, table.facets))
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
  show(
    table.head,
    table.columns.map((column, at) => {
      const active = table.sort.column === at;
      const sort = () => {
        table.sort = { column: at, down: active && !table.sort.down };
        table.page = 0;
        refresh(table);
      };
      const arrow = make(
        "span",
        { class: "arrow", "aria-hidden": "true" },
        active ? (table.sort.down ? "\u2193" : "\u2191") : "\u2195",
      );
      return make(
        "th",
        {
          scope: "col",
          role: "columnheader",
          class: column.kind,
          "aria-sort": active ? (table.sort.down ? "descending" : "ascending") : "none",
        },
        button([column.label, arrow], sort, { title: column.title ?? "Sort by " + column.label.toLowerCase() }),
      );
    }),
  );
  if (focused >= 0) table.head.querySelectorAll("button")[focused].focus();
}

function drawRows(table) {
  const start = table.page * PAGE_ROWS;
  const rows = table.rows.slice(start, start + PAGE_ROWS);
  show(
    table.body,
    rows.map((thread) =>
      make(
        "tr",
        {
          role: "row",
          tabindex: "0",
          "data-place": thread.place,
          on: {
            click: () => table.open(thread),
            keydown: (event) => {
              if (event.key === "Enter") table.open(thread);
            },
          },
        },
        table.columns.map((column) =>
          make("td", { role: "cell", class: column.kind, "data-label": column.label }, column.cell(thread)),
        ),
      ),
    ),
  );
  const found =
    table.rows.length === table.threads.length
      ? plural(table.rows.length, "thread")
      : number(table.rows.length) + " of " + plural(table.threads.length, "thread");
  table.count.textContent =
    found +
    (rows.length < table.rows.length ? ", rows " + number(start + 1) + " to " + number(start + rows.length) : "");
  if (!rows.length)
    table.body.append(
      make(
        "tr",
        { role: "row" },
        make("td", { role: "cell", colspan: table.columns.length, class: "empty" }, "No thread matches these filters."),
      ),
    );
}

function drawPager(table, pages) {
  const turn = (by) => () => {
    table.page += by;
    refresh(table);
    byId("threads").scrollIntoView();
  };
  table.pager.hidden = pages < 2;
  show(
    table.pager,
    button("Previous page", turn(-1), { disabled: table.page === 0 }),
    make("span", {}, "Page " + number(table.page + 1) + " of " + number(pages)),
    button("Next page", turn(1), { disabled: table.page >= pages - 1 }),
  );
}

function moveFocus(event) {
  const row = event.target.closest("tr");
  const next =
    event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

function debounced(action) {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(action, 120);
  };
}
