// The cards of a sample: what it was given, and what was said at one step.

function textOf(place) {
  return place === null ? null : report.texts[place];
}

function givenCard(title, text, attributes = {}) {
  const said = text === null ? make("p", { class: "muted" }, "none in the data") : make("p", { class: "said" }, text);
  return make("div", { ...attributes, class: "card " + (attributes.class || "") }, make("h3", {}, title), said);
}

function stepCard(cell, other) {
  const [place, repeat, said, failure, truncated, metrics] = cell;
  const { step, epoch } = report.steps[place];
  const exact = metrics.find(([name]) => name === "exact_match");
  const match = exact && exact[2] === "yes";
  const text = textOf(said);
  return make(
    "article",
    { class: "card step" + (match ? " match" : "") + (failure === null ? "" : " failed") },
    make(
      "h3",
      {},
      "Step " + step.toLocaleString("en"),
      epoch === null ? null : make("small", {}, "epoch " + epoch.toFixed(2)),
      repeat ? make("small", {}, "repeat " + repeat) : null,
      match ? make("span", { class: "badge tone-good" }, "match") : null,
      failure === null ? null : make("span", { class: "badge tone-unscored" }, "failed"),
      truncated ? make("span", { class: "badge tone-warn" }, "cut off") : null,
    ),
    make(
      "p",
      { class: "said", dir: "auto" },
      text === null ? textOf(failure) : other === null ? text : drawWords(wordDifferences(other, text)),
    ),
    text === "" ? make("p", { class: "muted" }, "an empty text") : null,
    make("p", { class: "figures" }, metrics.map(([, title, value]) => title + " " + value).join(" \u00b7 ")),
  );
}
