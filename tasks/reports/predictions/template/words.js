// Word by word, what a prediction says that another text does not: the longest common subsequence of their words.

const LETTER =
  "[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}]";
const PIECE = new RegExp("\\s*(?:" + LETTER + "|(?:(?!" + LETTER + ")[\\p{L}\\p{M}\\p{N}_])+|\\S)|\\s+$", "gu");
const MOST_CELLS = 4000000; // of the table of lengths; beyond it the middle counts as replaced

function wordDifferences(other, said) {
  const before = other.match(PIECE) || [],
    after = said.match(PIECE) || [];
  const alike = (i, j) => before[i].trim() === after[j].trim();
  let head = 0;
  while (head < before.length && head < after.length && alike(head, head)) head++;
  let tail = 0;
  const shorter = Math.min(before.length, after.length) - head;
  while (tail < shorter && alike(before.length - 1 - tail, after.length - 1 - tail)) tail++;
  const spans = [];
  const add = (kind, text) => {
    const last = spans[spans.length - 1];
    if (last && last.kind === kind) last.text += text;
    else if (text) spans.push({ kind, text });
  };
  for (const piece of after.slice(0, head)) add("same", piece);
  middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail), add);
  for (const piece of after.slice(after.length - tail)) add("same", piece);
  return spans;
}

function middle(before, after, add) {
  const n = before.length,
    m = after.length;
  const keys = before.map((piece) => piece.trim()),
    others = after.map((piece) => piece.trim());
  if ((n + 1) * (m + 1) > MOST_CELLS) {
    add("missing", before.join(""));
    add("said", after.join(""));
    return;
  }
  const lengths = new Uint16Array((n + 1) * (m + 1));
  const at = (i, j) => i * (m + 1) + j;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      lengths[at(i, j)] =
        keys[i] === others[j]
          ? lengths[at(i + 1, j + 1)] + 1
          : Math.max(lengths[at(i + 1, j)], lengths[at(i, j + 1)]);
    }
  }
  let i = 0,
    j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && keys[i] === others[j]) {
      add("same", after[j++]);
      i++;
    } else if (i < n && (j === m || lengths[at(i + 1, j)] >= lengths[at(i, j + 1)])) add("missing", before[i++]);
    else add("said", after[j++]);
  }
}

function drawWords(spans) {
  const tags = { same: "span", said: "ins", missing: "del" };
  return spans.map((span) => make(tags[span.kind], {}, span.text));
}
