// The head of the page: which run this is and how it went.

function drawMasthead(data) {
  const { run, summary, threads } = data;
  const cost = summary.cost_usd ?? run.cost_usd;
  const snapshot = run.snapshot;
  const facts = [
    ["App", foreign(run.app)],
    ["Judge", foreign(run.judge === "rules" ? "rules (no model)" : run.judge)],
    ["Source", snapshot && foreign(snapshot.source)],
    ["Threads", snapshot && number(snapshot.threads) + " with " + plural(snapshot.messages, "message")],
    ["Started", [time(run.started_at ?? run.created_at), " UTC"]],
    ["Duration", isNumber(run.duration_seconds) ? duration(run.duration_seconds) : "not known"],
    ["Calls", calls(summary)],
    ["Tokens", tokens(summary.tokens ?? { in: run.tokens_in, out: run.tokens_out })],
    ["Cost", money(cost)],
    [
      "Versions",
      foreign(
        Object.entries(run.versions)
          .map(([name, version]) => name + " " + version)
          .join(", "),
      ),
    ],
    ["Snapshot", snapshot && make("code", { title: snapshot.hash }, snapshot.hash.slice(0, 12))],
    ["Run", make("code", {}, run.id)],
  ];
  show(
    byId("masthead"),
    make("div", { class: "eyebrow" }, "evalflows report"),
    make("div", { class: "headline" }, make("h1", {}, foreign(run.name ?? run.flow)), statusBadge(run.status)),
    make("p", { class: "lede" }, lede(data, threads)),
    [run.error_message, ...listed(summary.notes)]
      .filter(Boolean)
      .map((text) => make("p", { class: "notice", role: "note" }, foreign(text))),
    make(
      "dl",
      { class: "facts" },
      facts
        .filter((fact) => fact[1])
        .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    ),
  );
}

function lede({ run, summary, total }) {
  const unscored = Object.values(summary.unscored ?? {}).reduce((sum, n) => sum + n, 0);
  const items = summary.items ?? run.items ?? total;
  return (
    plural(items, "thread") +
    " in the run, " +
    number(summary.completed ?? run.completed) +
    " completed. " +
    (unscored
      ? plural(unscored, "evaluation is", "evaluations are") + " unscored and counted apart, never as zero."
      : "Every evaluation has a score.")
  );
}

function money(cost) {
  if (cost === null || cost === undefined) return "not known";
  return Number(cost) === 0 ? "none" : "$" + Number(cost).toFixed(Number(cost) < 1 ? 4 : 2);
}

function statusBadge(status) {
  const tones = { completed: "good", completed_with_errors: "warn", running: "accent", cancelled: "plain" };
  return make("span", { class: "badge tone-" + (tones[status] ?? "bad") }, title(status).toLowerCase());
}

function calls({ calls, repairs, reused }) {
  if (!calls && !reused) return null;
  const parts = [
    number(calls ?? 0),
    repairs && number(repairs) + " to repair an answer",
    reused && plural(reused, "answer") + " reused",
  ];
  return parts.filter(Boolean).join(", ");
}

function tokens(count) {
  if (!count.in && !count.out) return "none";
  const cached = count.cached ? " (" + number(count.cached) + " cached)" : "";
  const reasoning = count.reasoning ? " (" + number(count.reasoning) + " reasoning)" : "";
  return number(count.in) + " in" + cached + ", " + number(count.out) + " out" + reasoning;
}
