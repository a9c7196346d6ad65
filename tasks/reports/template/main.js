// Reads the data, draws the page, and shows what the address names: the overview or one thread.

const report = JSON.parse(byId("data").textContent);
let lastOpened = null;

const table = makeTable(report, (thread) => {
  location.hash = threadAddress(thread.id);
});
drawMasthead(report);
drawMetrics(report.summary.metrics, report.summary.items ?? report.total);
drawDistributions(report.summary.counts, chooser);
drawUnscored(report.summary.evaluators, (reason) => () => choose("reason", reason));
drawAgreement(report.summary);
show(
  byId("foot"),
  "Made by evalflows from run ",
  make("code", {}, report.run.id),
  ". This file loads nothing and sends nothing.",
);

// A bar of a chart filters the table where its label is one of a filter's.
function chooser(name, label) {
  const facet = table.facets.find((f) => f.counts === name && f.options.some((option) => option[0] === label));
  return facet ? () => choose(facet.name, label) : null;
}

function choose(facet, label) {
  table.form.reset();
  const select = [...table.form.querySelectorAll("select")].find((s) => s.dataset.facet === facet);
  if (select) select.value = visible(label);
  table.page = 0;
  refresh(table);
  byId("threads").scrollIntoView();
  select?.focus({ preventScroll: true });
}

function showAddress() {
  const wanted = /^#thread=([^&]*)(?:&message=(\d+))?$/.exec(location.hash);
  byId("overview").hidden = byId("masthead").hidden = Boolean(wanted);
  byId("thread").hidden = !wanted;
  if (!wanted) return showOverview();
  const id = decoded(wanted[1]);
  const thread = table.threads.find((t) => visible(t.id) === id);
  if (!thread) return showMissing(id);
  if (lastOpened !== thread || !byId("thread").firstChild) drawThread(thread, table);
  const opened = lastOpened !== thread;
  lastOpened = thread;
  if (wanted[2] !== undefined) return showMessage(Number(wanted[2]));
  if (opened) scrollTo(0, 0);
  byId("thread-title").focus({ preventScroll: true });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function showOverview() {
  byId("thread").replaceChildren();
  if (!lastOpened) return;
  const at = table.rows.indexOf(lastOpened);
  if (at >= 0 && Math.floor(at / PAGE_ROWS) !== table.page) {
    table.page = Math.floor(at / PAGE_ROWS);
    refresh(table);
  }
  const row = table.body.querySelector('[data-place="' + lastOpened.place + '"]');
  lastOpened = null;
  row?.scrollIntoView({ block: "center" });
  row?.focus({ preventScroll: true });
}

function showMissing(id) {
  show(
    byId("thread"),
    make(
      "p",
      { class: "notice", role: "alert" },
      "Thread ",
      foreign(id),
      " is not in this report. ",
      shownNote(report),
    ),
    button(
      "\u2190 All threads",
      () => {
        location.hash = "#threads";
      },
      { id: "back" },
    ),
  );
}

function showMessage(index) {
  const message = byId("message-" + index);
  if (!message) return;
  for (const folded of message.querySelectorAll("details.folded:not(.call)")) folded.open = true;
  if (message.querySelector("mark")) message.querySelector(".clamped + .more")?.click();
  message.scrollIntoView({ block: "center" });
  message.focus({ preventScroll: true });
}

addEventListener("hashchange", showAddress);
addEventListener("keydown", (event) => {
  if (byId("thread").hidden || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const pressed = { ArrowLeft: "previous", ArrowRight: "next", Escape: "back" }[event.key];
  if (pressed) byId(pressed)?.click();
});
addEventListener("beforeprint", () => {
  for (const folded of byId("thread").querySelectorAll("details")) folded.open = true;
});
showAddress();
