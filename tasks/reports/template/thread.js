// One thread as a chat, beside it what each evaluator concluded.

function drawThread(thread, table) {
  const quoted = quotationsByMessage(thread);
  const at = table.rows.indexOf(thread);
  const step = (by) => {
    const next = at < 0 ? null : table.rows[at + by];
    return next
      ? () => {
          location.hash = threadAddress(next.id);
        }
      : null;
  };
  const place = at < 0 ? "" : number(at + 1) + " of " + number(table.rows.length) + " listed";
  show(
    byId("thread"),
    make(
      "nav",
      { class: "thread-nav", "aria-label": "Threads" },
      button(
        "\u2190 All threads",
        () => {
          location.hash = "#threads";
        },
        { id: "back" },
      ),
      make("span", { class: "muted" }, place),
      button("Previous", step(-1) ?? (() => {}), { id: "previous", disabled: !step(-1) }),
      button("Next", step(1) ?? (() => {}), { id: "next", disabled: !step(1) }),
    ),
    make(
      "header",
      { class: "thread-head" },
      make("h2", { tabindex: "-1", id: "thread-title" }, foreign(thread.id)),
      thread.name && make("p", { class: "lede" }, foreign(thread.name)),
      make("p", { class: "thread-facts" }, threadFacts(thread)),
      make(
        "p",
        { class: "thread-badges" },
        badge(successWord(thread.success)),
        [...thread.first.values()].map((e) =>
          make("span", { class: "pair" }, title(e.evaluator) + " ", evaluationCell(e)),
        ),
      ),
    ),
    make(
      "div",
      { class: "thread-body" },
      make(
        "ol",
        { class: thread.messages.length > 300 ? "chat long" : "chat", "aria-label": "Messages" },
        thread.messages.map((message, index) =>
          messageItem(message, index, thread, quoted, findingsOn(index, thread, message)),
        ),
      ),
      make(
        "aside",
        { class: "conclusions", "aria-label": "What the evaluators concluded" },
        conclusionOnSuccess(thread),
        thread.evaluations.map((evaluation) => conclusion(evaluation, thread)),
        metadataPanel(thread),
      ),
    ),
  );
}

function threadFacts(thread) {
  const parts = [
    thread.user && ["User ", foreign(thread.user)],
    [plural(thread.messages.length, "message")],
    thread.created && [
      time(thread.created),
      thread.last && thread.last !== thread.created ? [" to ", time(thread.last)] : null,
      " UTC",
    ],
    ["Place " + number(thread.place) + ", worst first"],
  ].filter(Boolean);
  return parts.map((part) => make("span", {}, part));
}
