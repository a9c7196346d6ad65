// Charts as inline SVG in per cent of their width. What is not known is not drawn.

function clampShare(value) {
  return Math.min(1, Math.max(0, value));
}

function stretch(from, to, attributes) {
  const start = clampShare(from),
    end = clampShare(to);
  return drawn("rect", { x: start * 100 + "%", width: (end - start) * 100 + "%", ...attributes });
}

function intervalChart(metric) {
  const chart = drawn("svg", { class: "interval", width: "100%", height: 40, "aria-hidden": "true" });
  chart.append(stretch(0, 1, { class: "track", y: 7, height: 8, rx: 4 }));
  if (isNumber(metric.worst) && isNumber(metric.best) && metric.unscored > 0) {
    chart.append(stretch(metric.worst, metric.best, { class: "reach", y: 20, height: 5 }));
  }
  if (isNumber(metric.value)) {
    if (isNumber(metric.low) && isNumber(metric.high)) {
      chart.append(stretch(metric.low, metric.high, { class: "band", y: 7, height: 8, rx: 2 }));
      for (const end of [metric.low, metric.high]) chart.append(tick(end, "whisker", 4, 18));
    }
    chart.append(drawn("circle", { class: "point", cx: clampShare(metric.value) * 100 + "%", cy: 11, r: 6 }));
  }
  for (const [share, anchor] of [
    [0, "start"],
    [0.5, "middle"],
    [1, "end"],
  ]) {
    chart.append(drawn("text", { class: "axis", x: share * 100 + "%", y: 38, "text-anchor": anchor }, share * 100));
  }
  return chart;
}

function tick(share, name, from, to) {
  const x = clampShare(share) * 100 + "%";
  return drawn("line", { class: name, x1: x, x2: x, y1: from, y2: to });
}

function bar(share, tone) {
  const chart = drawn("svg", { class: "bar", width: "100%", height: 12, "aria-hidden": "true" });
  chart.append(stretch(0, 1, { class: "track", height: 12, rx: 3 }));
  if (share > 0) chart.append(stretch(0, share, { class: "fill tone-" + tone, height: 12, rx: 3 }));
  return chart;
}

function stackedBar(parts) {
  const total = parts.reduce((sum, part) => sum + part.n, 0);
  const chart = drawn("svg", { class: "bar stacked", width: "100%", height: 12, "aria-hidden": "true" });
  let start = 0;
  for (const part of parts.filter((p) => p.n > 0)) {
    const end = start + part.n / total;
    chart.append(stretch(start, end, { class: "fill tone-" + part.tone, height: 12 }));
    start = end;
  }
  return chart;
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}
