// Words and numbers for people.

const TITLES = {
  success_rate: "Success rate",
  intent_accuracy: "Intent accuracy",
  query_type_accuracy: "Query type accuracy",
  labelled_agreement: "Agreement with the labels",
  worst_correctness: "Worst correctness of a thread",
  efficiency_verdict: "Efficiency of a thread",
  success_status: "Success of a thread",
  correctness_messages: "Correctness of messages",
  friction_cause: "Who caused friction",
  recovery: "Recovery after friction",
  check: "Rule checks that fired",
  policy: "Policy rules",
};

const REASONS = {
  target_failed: "the bot failed",
  judge_failed: "the judge's API said no",
  infra: "no usable reply: network, time-out or 5xx",
  unparseable: "the judge's answer could not be read",
  refused: "refused or filtered",
  truncated: "the answer was cut off",
  budget: "the budget was spent",
  not_applicable: "nothing here that this judge can tell",
};

const TONES = {
  PASS: "good",
  "SOFT FAIL": "warn",
  "HARD FAIL": "bad",
  CRITICAL: "critical",
  "NOT APPLICABLE": "plain",
  EFFICIENT: "good",
  ACCEPTABLE: "fair",
  FRICTION: "warn",
  BROKEN: "bad",
  INCOMPLETE: "odd",
  GOOD: "good",
  PARTIAL: "warn",
  FAILED: "bad",
  "NOT NEEDED": "plain",
  FOLLOWED: "good",
  VIOLATED: "bad",
  NOT_APPLICABLE: "plain",
  SUCCESS: "good",
  "NO SUCCESS": "bad",
  UNSCORED: "unscored",
};

const WORST_FIRST = [
  "CRITICAL",
  "HARD FAIL",
  "SOFT FAIL",
  "PASS",
  "NOT APPLICABLE",
  "BROKEN",
  "INCOMPLETE",
  "FRICTION",
  "ACCEPTABLE",
  "EFFICIENT",
  "NO SUCCESS",
  "SUCCESS",
  "UNSCORED",
  "FAILED",
  "PARTIAL",
  "GOOD",
  "NOT NEEDED",
  "VIOLATED",
  "FOLLOWED",
  "NOT_APPLICABLE",
];

function title(name) {
  if (Object.hasOwn(TITLES, name)) return TITLES[name];
  const words = String(name).replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function toneOf(label) {
  const known = String(label).toUpperCase();
  return Object.hasOwn(TONES, known) ? TONES[known] : Object.hasOwn(REASONS, label) ? "unscored" : "accent";
}

function successWord(value) {
  const text = String(value).toLowerCase();
  if (["true", "success", "yes"].includes(text)) return "SUCCESS";
  if (["false", "no success", "failure", "no"].includes(text)) return "NO SUCCESS";
  return "UNSCORED";
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

function number(value) {
  return NUMBER.format(value);
}

function percent(share, digits = 1) {
  return (share * 100).toFixed(digits) + " %";
}

function plural(count, one, many = one + "s") {
  return number(count) + " " + (count === 1 ? one : many);
}

function duration(seconds) {
  if (seconds < 60) return (seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)) + " s";
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes + " min " + Math.round(seconds - minutes * 60) + " s";
  return Math.floor(minutes / 60) + " h " + (minutes % 60) + " min";
}

function time(iso, seconds = false) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return make("span", {}, iso);
  const text = date.toISOString();
  return make("time", { datetime: text, title: "UTC" }, text.slice(0, 10) + " " + text.slice(11, seconds ? 19 : 16));
}

function badge(label, extra = {}) {
  return make("span", { class: "badge tone-" + toneOf(label), ...extra }, foreign(label));
}

function reasonBadge(reason) {
  const explained = Object.hasOwn(REASONS, reason) ? REASONS[reason] : "";
  return make(
    "span",
    { class: "badge tone-unscored", title: explained },
    "unscored: ",
    foreign(title(reason).toLowerCase()),
  );
}
