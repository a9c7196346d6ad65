// What each evaluator concluded on the whole thread.

function conclusionOnSuccess(thread) {
  const words = {
    SUCCESS: "The task was done, and no reply was worse than a soft fail.",
    "NO SUCCESS": "The task was not done, or a reply was a hard fail or critical.",
    UNSCORED: "Not known: correctness or efficiency has no verdict here.",
  };
  const word = successWord(thread.success);
  const label =
    typeof thread.label === "boolean"
      ? make(
          "p",
          {},
          "The data's own label: ",
          make("b", {}, thread.label ? "success" : "no success"),
          thread.success === null ? "" : thread.success === thread.label ? " (agrees)" : " (disagrees)",
        )
      : null;
  return panel("Success", badge(word), [make("p", {}, words[word]), label]);
}

function panel(heading, verdict, children) {
  return make("section", { class: "card panel" }, make("h3", {}, heading, verdict), children);
}

function conclusion(evaluation, thread) {
  const result = evaluation.result;
  const heading = [title(evaluation.evaluator), evaluation.repeat ? " (repeat " + (evaluation.repeat + 1) + ")" : ""];
  return panel(heading, evaluationCell(evaluation), [
    evaluation.detail && make("p", { dir: "auto" }, evaluation.detail),
    evaluation.verdict && isNumber(evaluation.score) && make("p", {}, "Score " + percent(evaluation.score, 0)),
    result.reasoning && make("p", { dir: "auto" }, result.reasoning),
    evidenceList(result.evidence, thread),
    efficiencyFacts(result),
    listed(result.friction).length > 0 &&
      jumpList("Friction", result.friction, thread, (turn) => "by the " + (turn.cause ?? "unknown")),
    faultList(result, thread),
    policyList(result.policy, thread),
    listed(result.unscored).length > 0 && leftOutMessages(result.unscored, thread),
    make(
      "p",
      { class: "by" },
      "Judge ",
      foreign(evaluation.judge),
      ", version ",
      foreign(evaluation.evaluator_version),
    ),
  ]);
}

function leftOutMessages(indexes, thread) {
  const links = indexes.map((index, at) => [
    at ? ", " : "",
    make("a", { href: threadAddress(thread.id, index) }, String(index)),
  ]);
  return make("p", { class: "muted" }, "Left out by the judge twice: messages ", links);
}

function efficiencyFacts(result) {
  const facts = [
    typeof result.task_completed === "boolean" && ["Task completed", result.task_completed ? "yes" : "no"],
    result.recovery && ["Recovery", badge(result.recovery)],
    result.failure_reason &&
      result.failure_reason !== result.reasoning && ["Why it failed", foreign(result.failure_reason)],
    isNumber(result.user_turns) && [
      "Turns",
      number(result.user_turns) + " user, " + number(result.assistant_turns ?? 0) + " assistant",
    ],
  ].filter(Boolean);
  return facts.length
    ? make(
        "dl",
        { class: "lines" },
        facts.map(([term, value]) => make("div", {}, make("dt", {}, term), make("dd", {}, value))),
      )
    : null;
}

function faultList(result, thread) {
  const bad = (entry) =>
    entry && (entry.correct === false || ["warn", "bad", "critical"].includes(toneOf(entry.verdict)));
  const faults = listed(result.messages).filter(bad);
  return faults.length
    ? jumpList("Found on messages", faults, thread, (entry) => entry.verdict ?? "intent wrong")
    : null;
}

function jumpList(heading, entries, thread, words) {
  return make(
    "div",
    {},
    make("h4", {}, heading),
    make(
      "ul",
      { class: "jumps" },
      entries.map((entry) =>
        make(
          "li",
          {},
          make("a", { href: threadAddress(thread.id, entry.index) }, "message " + entry.index),
          " ",
          foreign(words(entry)),
        ),
      ),
    ),
  );
}

function policyList(policy, thread) {
  const rules = listed(policy).filter(Boolean);
  return rules.length
    ? make(
        "div",
        {},
        make("h4", {}, "Policy"),
        make(
          "ul",
          { class: "policy" },
          rules.map((rule) =>
            make(
              "li",
              {},
              make(
                "p",
                {},
                badge(rule.status ?? "unscored"),
                " ",
                make("b", {}, foreign(rule.id)),
                " ",
                foreign(rule.section ?? "", { class: "muted" }),
              ),
              rule.reasoning && make("p", { dir: "auto" }, rule.reasoning),
              evidenceList(rule.evidence, thread),
            ),
          ),
        ),
      )
    : null;
}

function metadataPanel(thread) {
  if (!Object.keys(thread.metadata ?? {}).length) return null;
  return make(
    "details",
    { class: "folded card" },
    make("summary", {}, "More from the data"),
    make("pre", { dir: "auto" }, JSON.stringify(thread.metadata, null, 2)),
  );
}
