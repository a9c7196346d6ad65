// Quotations: found in the text they are said to stand in, and marked there.

// Every quotation in a result, wherever it stands, with the name of who quoted.
function quotations(value, by, found = []) {
  if (Array.isArray(value)) {
    for (const item of value) quotations(item, by, found);
  } else if (value && typeof value === "object") {
    if (typeof value.quote === "string" && Number.isInteger(value.index)) found.push({ ...value, by });
    else for (const item of Object.values(value)) quotations(item, by, found);
  }
  return found;
}

function quotationsByMessage(thread) {
  const byMessage = new Map();
  for (const evaluation of thread.evaluations) {
    for (const quotation of quotations(evaluation.result, title(evaluation.evaluator))) {
      if (!byMessage.has(quotation.index)) byMessage.set(quotation.index, []);
      byMessage.get(quotation.index).push(quotation);
    }
  }
  return byMessage;
}

// As evidence is checked: letter case, white space, typographic quotes and dashes and invisible characters do not count.
const ALIKE = [
  [/[\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`\uff07]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02]/g, '"'],
  [/[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g, "-"],
  [/[\u200b\u200c\u200d\u2060\ufeff\u00ad]/g, ""],
  [/\u2026/g, "..."],
];
const CHARACTER = /\s+|\P{M}\p{M}*|\p{M}+/gu;

// The text made alike, and for each of its characters where the original one starts and ends.
function folded(text) {
  const starts = [],
    ends = [];
  let out = "";
  for (const { 0: found, index } of text.matchAll(CHARACTER)) {
    let alike = /\s/.test(found) ? " " : found.normalize("NFC").toUpperCase().toLowerCase();
    for (const [pattern, replacement] of ALIKE) alike = alike.replace(pattern, replacement);
    out += alike;
    for (let n = 0; n < alike.length; n += 1) {
      starts.push(index);
      ends.push(index + found.length);
    }
  }
  return { out, starts, ends };
}

function locate(text, quote) {
  const exact = quote.trim() ? text.indexOf(quote.trim()) : -1;
  if (exact >= 0) return [exact, exact + quote.trim().length];
  const whole = folded(quote).out.trim();
  const { out, starts, ends } = folded(text);
  for (const wanted of [whole, whole.replace(/^[\s.]*\.{3}\s*|\s*\.{3}[\s.]*$/g, "")]) {
    const at = wanted ? out.indexOf(wanted) : -1;
    if (at >= 0) return [starts[at], ends[at + wanted.length - 1]];
  }
  return null;
}

function markedText(text, quotationsHere) {
  const ranges = [];
  for (const { quote, found, by } of quotationsHere) {
    const range = found === false ? null : locate(text, quote);
    if (range) ranges.push({ start: range[0], end: range[1], by: new Set([by]) });
  }
  ranges.sort((a, b) => a.start - b.start || a.end - b.end);
  const merged = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last && range.start < last.end) {
      last.end = Math.max(last.end, range.end);
      for (const by of range.by) last.by.add(by);
    } else merged.push(range);
  }
  const pieces = [];
  let at = 0;
  for (const { start, end, by } of merged) {
    pieces.push(
      text.slice(at, start),
      make("mark", { title: "Quoted as evidence: " + [...by].join(", ") }, text.slice(start, end)),
    );
    at = end;
  }
  return [...pieces, text.slice(at)];
}

function evidenceList(evidence, thread) {
  const items = listed(evidence).filter((item) => item && typeof item.quote === "string");
  return items.length
    ? make(
        "ul",
        { class: "evidence" },
        items.map((item) => quotationItem(item, thread)),
      )
    : null;
}

function quotationItem({ index, quote, found }, thread) {
  return make(
    "li",
    { class: found === false ? "invented" : null },
    make("q", {}, foreign(quote)),
    make("a", { href: threadAddress(thread.id, index) }, "message " + index),
    found === false && make("strong", {}, "invented quotation: these words do not stand there"),
  );
}
