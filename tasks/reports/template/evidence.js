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

// Lower case, one blank for any white space, and where each character came from.
function folded(text) {
  let out = "";
  const from = [];
  for (let at = 0; at < text.length; at += 1) {
    const blank = /\s/.test(text[at]);
    if (blank && (out === "" || out.endsWith(" "))) continue;
    const lower = text[at].toLowerCase();
    out += blank ? " " : lower.length === 1 ? lower : text[at];
    from.push(at);
  }
  return { out, from };
}

function locate(text, quote) {
  const wanted = quote.trim();
  if (!wanted) return null;
  const exact = text.indexOf(wanted);
  if (exact >= 0) return [exact, exact + wanted.length];
  const { out, from } = folded(text);
  const sought = folded(wanted).out.trimEnd();
  const at = out.indexOf(sought);
  return at < 0 ? null : [from[at], from[at + sought.length - 1] + 1];
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
    pieces.push(text.slice(at, start), make("mark", { title: "Quoted as evidence: " + [...by].join(", ") }, text.slice(start, end)));
    at = end;
  }
  return [...pieces, text.slice(at)];
}

function evidenceList(evidence, thread) {
  const items = listed(evidence).filter((item) => item && typeof item.quote === "string");
  return items.length ? make("ul", { class: "evidence" }, items.map((item) => quotationItem(item, thread))) : null;
}

function quotationItem({ index, quote, found }, thread) {
  return make("li", { class: found === false ? "invented" : null },
    make("q", {}, foreign(quote)),
    make("a", { href: threadAddress(thread.id, index) }, "message " + index),
    found === false && make("strong", {}, "invented quotation: these words do not stand there"));
}
