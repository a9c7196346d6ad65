// The table of threads: filtered, sorted, one page at a time, so that thousands of threads stay quick.

const PAGE_ROWS = 50;

function makeTable(data, open) {
  const threads = data.threads;
  const evaluators = evaluatorNames(threads);
  threads.forEach((thread, at) => {
    thread.place = at + 1;
    thread.first = firstRepeats(thread);
  });
  const facets = makeFacets(threads, evaluators);
  const users = [...new Set(threads.map((thread) => thread.user).filter(Boolean))].sort();
  const table = {
    threads,
    facets,
    columns: makeColumns(evaluators, users.length > 0),
    sort: { column: 0, down: false },
    page: 0,
    rows: threads,
    open,
  };
  table.form = drawFilters(
    facets,
    users,
    debounced(() => {
      table.page = 0;
      refresh(table);
    }),
  );
  table.count = make("p", { class: "count", role: "status", "aria-live": "polite" });
  table.body = make("tbody", { role: "rowgroup", on: { keydown: moveFocus } });
  table.head = make("tr", { role: "row" });
  table.pager = make("nav", { class: "pager", "aria-label": "Pages of the table" });
  show(
    byId("threads"),
    make("h2", { id: "threads-title" }, "Threads"),
    shownNote(data) && make("p", { class: "notice", role: "note" }, shownNote(data)),
    table.form,
    table.count,
    make(
      "div",
      { class: "card table-card" },
      make(
        "table",
        { class: "threads", role: "table", "aria-labelledby": "threads-title" },
        make("thead", { role: "rowgroup" }, table.head),
        table.body,
      ),
    ),
    table.pager,
  );
  refresh(table);
  return table;
}

function shownNote({ threads, total }) {
  return threads.length < total
    ? number(threads.length) +
        " of " +
        number(total) +
        " shown: the worst ones. The figures above are over all of them."
    : "";
}
