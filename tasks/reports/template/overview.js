// The head of the page, the main figures, the distributions and what could not be scored.

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
    ["Tokens", tokens(summary.tokens ?? { in: run.tokens_in, out: run.tokens_out })],
    ["Cost", money(cost)],
    ["Versions", foreign(Object.entries(run.versions).map(([name, version]) => name + " " + version).join(", "))],
    ["Snapshot", snapshot && make("code", { title: snapshot.hash }, snapshot.hash.slice(0, 12))],
    ["Run", make("code", {}, run.id)],
  ];
  show(byId("masthead"),
    make("div", { class: "eyebrow" }, "evalflows report"),
    make("div", { class: "headline" }, make("h1", {}, foreign(run.name ?? run.flow)), statusBadge(run.status)),
    make("p", { class: "lede" }, lede(data, threads)),
    run.error_message && make("p", { class: "notice", role: "note" }, foreign(run.error_message)),
    make("dl", { class: "facts" }, facts.filter((fact) => fact[1]).map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, value)))));
}

function lede({ run, summary, total }) {
  const unscored = Object.values(summary.unscored ?? {}).reduce((sum, n) => sum + n, 0);
  const items = summary.items ?? run.items ?? total;
  return plural(items, "thread") + " in the run, " + number(summary.completed ?? run.completed) + " completed. " +
    (unscored ? plural(unscored, "evaluation is", "evaluations are") + " unscored and counted apart, never as zero."
      : "Every evaluation has a score.");
}

function money(cost) {
  if (cost === null || cost === undefined) return "not known";
  return Number(cost) === 0 ? "none" : "$" + Number(cost).toFixed(Number(cost) < 1 ? 4 : 2);
}

function statusBadge(status) {
  const tones = { completed: "good", completed_with_errors: "warn", running: "accent", cancelled: "plain" };
  return make("span", { class: "badge tone-" + (tones[status] ?? "bad") }, title(status).toLowerCase());
}

function tokens(count) {
  return count.in || count.out ? number(count.in) + " in, " + number(count.out) + " out" : "none";
}

function drawMetrics(metrics) {
  const names = Object.keys(metrics ?? {});
  byId("metrics").hidden = !names.length;
  show(byId("metrics"),
    make("h2", { id: "metrics-title" }, "Main figures"),
    make("div", { class: "tiles" }, names.map((name) => tile(name, metrics[name]))),
    make("p", { class: "legend" }, key("point", "value"), key("band", "95 % interval"), key("reach", "worst to best case, were the unscored all bad or all good")));
}

function key(name, label) {
  return make("span", {}, make("i", { class: "key-" + name, "aria-hidden": "true" }), label);
}

function tile(name, metric) {
  const known = isNumber(metric.value);
  const share = !known || (metric.value >= 0 && metric.value <= 1);
  const show = (value) => (share ? percent(value) : number(value));
  const lines = [
    isNumber(metric.low) && isNumber(metric.high) && ["95 % interval", show(metric.low) + " to " + show(metric.high)],
    ["Scored", number(metric.n ?? 0)],
    ["Unscored", number(metric.unscored ?? 0)],
    metric.unscored > 0 && isNumber(metric.worst) && isNumber(metric.best) &&
      ["Worst to best case", show(metric.worst) + " to " + show(metric.best)],
  ];
  return make("article", { class: "card tile" },
    make("h3", {}, foreign(title(name))),
    known ? make("p", { class: "figure" }, show(metric.value)) : make("p", { class: "figure none" }, "not measured"),
    share && intervalChart(metric),
    make("dl", { class: "lines" }, lines.filter(Boolean).map(([term, value]) =>
      make("div", {}, make("dt", {}, term), make("dd", {}, value)))));
}

function drawDistributions(counts, choose) {
  const names = Object.keys(counts ?? {}).filter((name) => Object.keys(counts[name]).length);
  byId("distributions").hidden = !names.length;
  show(byId("distributions"),
    make("h2", { id: "distributions-title" }, "Distributions"),
    make("div", { class: "charts" }, names.map((name) => distribution(name, counts[name], choose))));
}

function distribution(name, labels, choose) {
  const total = Object.values(labels).reduce((sum, n) => sum + n, 0);
  const words = Object.entries(labels).map(([label, n]) => [name === "success_status" ? successWord(label) : label, n]);
  const rows = inOrder(words).map(([word, n]) => {
    const tone = toneOf(word);
    const action = choose(name, word);
    const content = [
      make("span", { class: "bar-label" }, make("i", { class: "dot tone-" + tone, "aria-hidden": "true" }), foreign(word)),
      bar(total ? n / total : 0, tone),
      make("span", { class: "bar-count" }, number(n), make("small", {}, total ? percent(n / total, 0) : "")),
    ];
    return make("li", {}, action
      ? make("button", { type: "button", class: "bar-row", title: "Show these threads", on: { click: action } }, content)
      : make("div", { class: "bar-row" }, content));
  });
  return make("article", { class: "card chart" },
    make("h3", {}, foreign(title(name)), make("small", {}, "n " + number(total))), make("ul", { class: "bars" }, rows));
}

function inOrder(entries) {
  const place = (label) => { const at = WORST_FIRST.indexOf(label); return at < 0 ? WORST_FIRST.length : at; };
  const known = entries.some(([label]) => place(label) < WORST_FIRST.length);
  return known ? entries.sort((a, b) => place(a[0]) - place(b[0])) : entries.sort((a, b) => b[1] - a[1]);
}

function drawUnscored(evaluators, chooseReason) {
  const names = Object.keys(evaluators ?? {});
  byId("unscored").hidden = !names.length;
  const head = ["Evaluator", "Evaluations", "Scored", "Unscored", "", "Why unscored"];
  show(byId("unscored"),
    make("h2", { id: "unscored-title" }, "Scored and unscored"),
    make("div", { class: "card scroll", role: "region", tabindex: "0", "aria-labelledby": "unscored-title" },
      make("table", { class: "small-table" },
        make("thead", {}, make("tr", {}, head.map((text, at) =>
          make("th", { scope: "col", class: at > 0 && at < 4 ? "number" : null }, text || make("span", { class: "hidden" }, "Share"))))),
        make("tbody", {}, names.map((name) => unscoredRow(name, evaluators[name], chooseReason))))));
}

function unscoredRow(name, { n, scored, unscored }, chooseReason) {
  const reasons = Object.entries(unscored ?? {}).filter((entry) => entry[1] > 0).sort((a, b) => b[1] - a[1]);
  const left = reasons.reduce((sum, entry) => sum + entry[1], 0);
  return make("tr", {},
    make("th", { scope: "row" }, foreign(title(name))),
    [n, scored, left].map((value) => make("td", { class: "number" }, number(value ?? 0))),
    make("td", { class: "share" }, stackedBar([{ n: scored ?? 0, tone: "accent" }, { n: left, tone: "unscored" }])),
    make("td", {}, reasons.length ? make("ul", { class: "reasons" }, reasons.map(([reason, count]) => make("li", {},
      button([foreign(title(reason)), " ", make("b", {}, number(count))], chooseReason(reason), { class: "badge tone-unscored" }),
      make("small", {}, Object.hasOwn(REASONS, reason) ? REASONS[reason] : "")))) : make("span", { class: "muted" }, "none")));
}
