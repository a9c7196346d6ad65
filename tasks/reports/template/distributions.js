// How often each label was given.

function drawDistributions(counts, choose) {
  const names = Object.keys(counts ?? {}).filter((name) => Object.keys(counts[name]).length);
  byId("distributions").hidden = !names.length;
  show(
    byId("distributions"),
    make("h2", { id: "distributions-title" }, "Distributions"),
    make(
      "div",
      { class: "charts" },
      names.map((name) => distribution(name, counts[name], choose)),
    ),
  );
}

function distribution(name, labels, choose) {
  const total = Object.values(labels).reduce((sum, n) => sum + n, 0);
  const words = Object.entries(labels).map(([label, n]) => [name === "success_status" ? successWord(label) : label, n]);
  const rows = inOrder(words).map(([word, n]) => {
    const tone = toneOf(word);
    const action = choose(name, word);
    const content = [
      make(
        "span",
        { class: "bar-label" },
        make("i", { class: "dot tone-" + tone, "aria-hidden": "true" }),
        foreign(word),
      ),
      bar(total ? n / total : 0, tone),
      make("span", { class: "bar-count" }, number(n), make("small", {}, total ? percent(n / total, 0) : "")),
    ];
    return make(
      "li",
      {},
      action
        ? make(
            "button",
            { type: "button", class: "bar-row", title: "Show these threads", on: { click: action } },
            content,
          )
        : make("div", { class: "bar-row" }, content),
    );
  });
  return make(
    "article",
    { class: "card chart" },
    make("h3", {}, foreign(title(name)), make("small", {}, "n " + number(total))),
    make("ul", { class: "bars" }, rows),
  );
}

function inOrder(entries) {
  const place = (label) => {
    const at = WORST_FIRST.indexOf(label);
    return at < 0 ? WORST_FIRST.length : at;
  };
  const known = entries.some(([label]) => place(label) < WORST_FIRST.length);
  return known ? entries.sort((a, b) => place(a[0]) - place(b[0])) : entries.sort((a, b) => b[1] - a[1]);
}
