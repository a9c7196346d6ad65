// What the evaluators said about a single message: badges beside it, notes under it.

function findingsOn(index, thread, message) {
  const badges = [],
    notes = [];
  for (const evaluation of thread.first.values()) {
    const result = evaluation.result;
    const entries = listed(result.messages).filter((entry) => entry && entry.index === index);
    for (const entry of entries) {
      if (entry.verdict) {
        badges.push(badge(entry.verdict));
        notes.push(verdictNote(entry, evaluation, thread));
      } else if ("correct" in entry) {
        badges.push(intentBadge(entry));
        notes.push(intentNote(entry, message, thread));
      }
    }
    if (listed(result.unscored).includes(index)) badges.push(leftOutBadge(evaluation));
    for (const turn of listed(result.friction).filter((entry) => entry && entry.index === index)) {
      badges.push(make("span", { class: "badge tone-warn" }, "friction: ", foreign(turn.cause ?? "")));
      notes.push(frictionNote(turn, thread));
    }
  }
  if (message.role === "user" && !notes.some((said) => said?.matches(".intent, :has(.intent)")))
    notes.unshift(intentChips({}, message));
  return { badges, notes: notes.filter(Boolean) };
}

function leftOutBadge(evaluation) {
  const attributes = { class: "badge tone-unscored", title: "The judge left this message out twice" };
  return make("span", attributes, title(evaluation.evaluator).toLowerCase(), " unscored");
}

function note(tone, heading, entry, thread, extra) {
  const checked = entry.check && make("span", { class: "chip" }, "check ", foreign(entry.check));
  return make(
    "div",
    { class: "note tone-" + tone },
    make("p", { class: "note-head" }, heading, checked),
    extra,
    entry.reasoning && make("p", { class: "reasoning", dir: "auto" }, entry.reasoning),
    evidenceList(entry.evidence, thread),
  );
}

function verdictNote(entry, evaluation, thread) {
  if (!entry.reasoning && !listed(entry.evidence).length) return null;
  const heading = make("b", {}, title(evaluation.evaluator) + ": ", foreign(entry.verdict));
  if (toneOf(entry.verdict) !== "good" && toneOf(entry.verdict) !== "plain")
    return note(toneOf(entry.verdict), heading, entry, thread);
  return make(
    "details",
    { class: "quiet-note" },
    make("summary", {}, heading),
    note(toneOf(entry.verdict), null, entry, thread),
  );
}

function frictionNote(turn, thread) {
  return note("warn", make("b", {}, "Friction caused by the ", foreign(turn.cause ?? "unknown")), turn, thread);
}

function intentBadge(entry) {
  if (entry.correct === null) return make("span", { class: "badge tone-plain" }, "intent not compared");
  return make(
    "span",
    { class: "badge tone-" + (entry.correct ? "good" : "bad") },
    entry.correct ? "intent right" : "intent wrong",
  );
}

function intentNote(entry, message, thread) {
  const chips = intentChips(entry, message);
  const confidence = isNumber(entry.confidence) ? " (confidence " + percent(entry.confidence, 0) + ")" : "";
  if (!chips || (!entry.reasoning && !listed(entry.evidence).length)) return chips;
  if (entry.correct === false) return note("bad", make("b", {}, "Intent: wrong" + confidence), entry, thread, chips);
  chips.append(
    make(
      "details",
      { class: "quiet-note" },
      make("summary", {}, "Why" + confidence),
      entry.reasoning && make("p", { class: "reasoning", dir: "auto" }, entry.reasoning),
      evidenceList(entry.evidence, thread),
    ),
  );
  return chips;
}

function intentChips(entry, message) {
  const rows = [
    ["Recorded", entry.recorded ?? message.recorded_intents],
    ["Expected", entry.expected ?? message.expected_intents],
    ["Judge says", entry.predicted],
    ["Type recorded", entry.recorded_query_type ?? message.recorded_query_type],
    ["Type expected", entry.expected_query_type ?? message.expected_query_type],
    ["Judge's type", entry.predicted_query_type],
  ]
    .map(([label, value]) => [label, typeof value === "string" ? [value] : listed(value)])
    .filter((row) => row[1].length);
  if (!rows.length) return null;
  return make(
    "div",
    { class: "intent" },
    make(
      "dl",
      { class: "intents" },
      rows.map(([label, values]) =>
        make(
          "div",
          {},
          make("dt", {}, label),
          values.map((value) => make("dd", { class: "chip" }, foreign(value))),
        ),
      ),
    ),
  );
}
