// The columns of the table of threads: what is shown, and what is sorted by.

function makeColumns(evaluators, hasUsers) {
  const rank = (word) => {
    const at = WORST_FIRST.indexOf(word);
    return at < 0 ? WORST_FIRST.length : at;
  };
  return [
    {
      label: "#",
      title: "Place, worst first",
      kind: "number place",
      value: (t) => t.place,
      cell: (t) => number(t.place),
    },
    { label: "Thread", kind: "name", value: (t) => t.id, cell: nameCell },
    hasUsers && { label: "User", kind: "user", value: (t) => t.user, cell: (t) => foreign(t.user ?? "") },
    { label: "Messages", kind: "number", value: (t) => t.messages.length, cell: (t) => number(t.messages.length) },
    {
      label: "Success",
      kind: "verdict",
      value: (t) => (t.success === null ? null : Number(t.success)),
      cell: (t) => badge(successWord(t.success)),
    },
    ...evaluators.map((name) => ({
      label: title(name),
      kind: "verdict",
      value: (t) => {
        const e = t.first.get(name);
        return !e || e.reason ? null : e.verdict ? rank(e.verdict) : e.score;
      },
      cell: (t) => evaluationCell(t.first.get(name)),
    })),
    { label: "Main finding", kind: "why", value: (t) => t.why, cell: (t) => foreign(t.why ?? "") },
  ].filter(Boolean);
}

function nameCell(thread) {
  const said =
    thread.name ?? thread.messages.find((message) => message.role === "user" && message.text.trim())?.text ?? "";
  return [
    make("a", { href: threadAddress(thread.id), tabindex: "-1" }, foreign(thread.id)),
    make("span", { class: "snippet" }, foreign(said.slice(0, 140))),
  ];
}

function evaluationCell(evaluation) {
  if (!evaluation) return make("span", { class: "muted" }, "not judged");
  if (evaluation.reason) return reasonBadge(evaluation.reason);
  if (evaluation.verdict) return badge(evaluation.verdict);
  const { correct, compared } = evaluation.result;
  const part = isNumber(correct) && isNumber(compared) ? make("small", {}, " " + correct + " of " + compared) : "";
  return isNumber(evaluation.score) ? make("span", { class: "score" }, percent(evaluation.score, 0), part) : "";
}
