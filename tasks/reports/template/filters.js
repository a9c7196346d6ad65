// Which threads are listed: a search text and what is chosen in each filter.

function firstRepeats(thread) {
  const first = new Map();
  for (const evaluation of thread.evaluations) {
    if (!first.has(evaluation.evaluator)) first.set(evaluation.evaluator, evaluation);
  }
  return first;
}

function listed(value) {
  return Array.isArray(value) ? value : [];
}

function checksOf(thread) {
  const found = thread.evaluations.flatMap((e) => [...listed(e.result.messages), ...listed(e.result.friction)]);
  return [...new Set(found.map((entry) => entry?.check).filter(Boolean))];
}

const KNOWN_COLUMNS = ["correctness", "efficiency", "intent"];

function evaluatorNames(threads) {
  const names = new Set(threads.flatMap((thread) => thread.evaluations.map((e) => e.evaluator)));
  return [
    ...KNOWN_COLUMNS.filter((name) => names.has(name)),
    ...[...names].filter((n) => !KNOWN_COLUMNS.includes(n)).sort(),
  ];
}

function makeFacets(threads, evaluators) {
  const verdicts = evaluators.map((name) => ({
    name: "verdict:" + name,
    label: title(name),
    counts: name === "correctness" ? "worst_correctness" : name + "_verdict",
    labels: (thread) => {
      const e = thread.first.get(name);
      return [e?.verdict ?? (e?.reason ? "UNSCORED" : null)];
    },
  }));
  const facets = [
    { name: "success", label: "Success", counts: "success_status", labels: (thread) => [successWord(thread.success)] },
    ...verdicts,
    { name: "reason", label: "Unscored because", labels: (thread) => thread.evaluations.map((e) => e.reason) },
    { name: "check", label: "Rule check", counts: "check", labels: checksOf },
  ];
  for (const facet of facets) {
    facet.options = inOrder(Object.entries(tally(threads.flatMap((thread) => [...new Set(facet.labels(thread))]))));
  }
  return facets.filter(({ name, options }) =>
    name === "success" ? options.length : options.some(([label]) => label !== "UNSCORED"),
  );
}

function tally(labels) {
  const counts = Object.create(null);
  for (const label of labels.filter(Boolean)) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function matches(thread, { search, user, chosen }, facets) {
  for (const facet of facets) {
    const wanted = chosen[facet.name];
    if (wanted && !facet.labels(thread).includes(wanted)) return false;
  }
  if (
    user &&
    !String(thread.user ?? "")
      .toLowerCase()
      .includes(user)
  )
    return false;
  if (!search) return true;
  return (
    [thread.id, thread.user, thread.name, thread.why].some((text) => text && text.toLowerCase().includes(search)) ||
    thread.messages.some((message) => message.text.toLowerCase().includes(search))
  );
}

function drawFilters(facets, users, changed) {
  const typed = { type: "search", autocomplete: "off", on: { input: changed } };
  const search = make("input", { ...typed, id: "search", placeholder: "Ids, messages, findings" });
  const user = make("input", { ...typed, id: "user", placeholder: "Any user", list: "users" });
  const fields = [
    field("Search", search, "wide"),
    ...facets.map((facet) => field(facet.label, facetSelect(facet, changed))),
  ];
  if (users.length) {
    const options = users.slice(0, 500).map((name) => make("option", { value: visible(name) }));
    fields.push(field("User", user), make("datalist", { id: "users" }, options));
  }
  const on = { submit: (event) => event.preventDefault(), reset: () => setTimeout(changed) };
  return make(
    "form",
    { class: "filters", role: "search", "aria-label": "Filter the threads", on },
    fields,
    make("button", { type: "reset", class: "quiet" }, "Clear"),
  );
}

function field(label, control, extra = "") {
  return make("label", { class: "field " + extra }, make("span", {}, label), control);
}

function facetSelect(facet, changed) {
  return make(
    "select",
    { "data-facet": facet.name, on: { change: changed } },
    make("option", { value: "" }, "All"),
    facet.options.map(([label, n]) => make("option", { value: visible(label) }, label + " (" + number(n) + ")")),
  );
}
