// The main figures: value, interval, and what the unscored could change.

function drawMetrics(metrics, items) {
  const names = Object.keys(metrics ?? {});
  byId("metrics").hidden = !names.length;
  show(
    byId("metrics"),
    make("h2", { id: "metrics-title" }, "Main figures"),
    make(
      "div",
      { class: "tiles" },
      names.map((name) => tile(name, metrics[name], items)),
    ),
    make(
      "p",
      { class: "legend" },
      key("point", "value"),
      key("band", "95 % interval"),
      key("reach", "worst to best case, were the unscored all bad or all good"),
    ),
  );
}

function key(name, label) {
  return make("span", {}, make("i", { class: "key-" + name, "aria-hidden": "true" }), label);
}

const OF_THREADS = new Set(["success_rate", "labelled_agreement"]);

function tile(name, metric, items) {
  const known = isNumber(metric.value);
  const share = !known || (metric.value >= 0 && metric.value <= 1);
  const show = (value) => (share ? percent(value) : number(value));
  const lines = [
    isNumber(metric.low) && isNumber(metric.high) && ["95 % interval", show(metric.low) + " to " + show(metric.high)],
    ["Scored", number(metric.n ?? 0) + (OF_THREADS.has(name) ? " of " + plural(items, "thread") : "")],
    ["Unscored, not applicable aside", number(metric.unscored ?? 0)],
    metric.unscored > 0 &&
      isNumber(metric.worst) &&
      isNumber(metric.best) && ["Worst to best case", show(metric.worst) + " to " + show(metric.best)],
  ];
  return make(
    "article",
    { class: "card tile" },
    make("h3", {}, foreign(title(name))),
    known ? make("p", { class: "figure" }, show(metric.value)) : make("p", { class: "figure none" }, "not measured"),
    share && intervalChart(metric),
    make(
      "dl",
      { class: "lines" },
      lines.filter(Boolean).map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
    ),
  );
}
