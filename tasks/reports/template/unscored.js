// Per evaluator: what has a score, what has none, and why.

function drawUnscored(evaluators, chooseReason) {
  const names = Object.keys(evaluators ?? {});
  byId("unscored").hidden = !names.length;
  const head = ["Evaluator", "Evaluations", "Scored", "Unscored", "", "Why unscored"];
  show(
    byId("unscored"),
    make("h2", { id: "unscored-title" }, "Scored and unscored"),
    make(
      "div",
      { class: "card scroll", role: "region", tabindex: "0", "aria-labelledby": "unscored-title" },
      make(
        "table",
        { class: "small-table" },
        make(
          "thead",
          {},
          make(
            "tr",
            {},
            head.map((text, at) =>
              make(
                "th",
                { scope: "col", class: at > 0 && at < 4 ? "number" : null },
                text || make("span", { class: "hidden" }, "Share"),
              ),
            ),
          ),
        ),
        make(
          "tbody",
          {},
          names.map((name) => unscoredRow(name, evaluators[name], chooseReason)),
        ),
      ),
    ),
  );
}

function unscoredRow(name, { n, scored, unscored }, chooseReason) {
  const reasons = Object.entries(unscored ?? {})
    .filter((entry) => entry[1] > 0)
    .sort((a, b) => b[1] - a[1]);
  const left = reasons.reduce((sum, entry) => sum + entry[1], 0);
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, foreign(title(name))),
    [n, scored, left].map((value) => make("td", { class: "number" }, number(value ?? 0))),
    make(
      "td",
      { class: "share" },
      stackedBar([
        { n: scored ?? 0, tone: "accent" },
        { n: left, tone: "unscored" },
      ]),
    ),
    make(
      "td",
      {},
      reasons.length
        ? make(
            "ul",
            { class: "reasons" },
            reasons.map(([reason, count]) =>
              make(
                "li",
                {},
                button([foreign(title(reason)), " ", make("b", {}, number(count))], chooseReason(reason), {
                  class: "badge tone-unscored",
                }),
                make("small", {}, Object.hasOwn(REASONS, reason) ? REASONS[reason] : ""),
              ),
            ),
          )
        : make("span", { class: "muted" }, "none"),
    ),
  );
}
