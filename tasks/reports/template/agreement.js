// Where threads were judged several times: how far the repeats agree.

function drawAgreement({ agreement, repeats, reducer }) {
  const names = Object.keys(agreement ?? {});
  byId("agreement").hidden = !names.length;
  const head = ["Evaluator", "Same label", "Krippendorff's alpha", "Threads"];
  const column = (text, at) => make("th", { scope: "col", class: at ? "number" : null }, text);
  show(
    byId("agreement"),
    make("h2", { id: "agreement-title" }, "Agreement of repeats"),
    make(
      "div",
      { class: "card scroll", role: "region", tabindex: "0", "aria-labelledby": "agreement-title" },
      make(
        "table",
        { class: "small-table" },
        make("thead", {}, make("tr", {}, head.map(column))),
        make(
          "tbody",
          {},
          names.map((name) => agreementRow(name, agreement[name])),
        ),
      ),
    ),
    make(
      "p",
      { class: "legend" },
      "Each thread was judged " + number(repeats ?? 1) + " times and goes by the " + (reducer ?? "") + ". ",
      "Same label: the share of pairs of repeats that agree. Alpha: 1 is perfect agreement, 0 what chance would give.",
    ),
  );
}

function agreementRow(name, { share, alpha, threads }) {
  const cells = [
    isNumber(share) ? percent(share) : "not measured",
    isNumber(alpha) ? alpha.toFixed(3) : "not defined",
    number(threads ?? 0),
  ];
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, foreign(title(name))),
    cells.map((value) => make("td", { class: "number" }, value)),
  );
}
