// The samples: choose one, and see what was said to it at each step, with the words that differ.

const report = JSON.parse(byId("data").textContent);
const PAGE_CARDS = 24;
const view = { sample: 0, against: "truth", only: "all", page: 0 };

const AGAINST = { truth: "the ground truth", before: "the step before", first: "the first step", nothing: "nothing" };
const ONLY = { all: "all steps", changed: "steps where the text changed" };

function choice(label, options, value, chosen) {
  const listed = Object.entries(options).map(([key, text]) =>
    make("option", { value: key, selected: String(value) === key }, text),
  );
  return make("label", {}, label, make("select", { on: { change: (event) => chosen(event.target.value) } }, listed));
}

function drawControls() {
  const named = report.samples.map((sample, place) => [
    place,
    sample.index + ": " + sample.prompt.replace(/\s+/g, " ").trim().slice(-60),
  ]);
  show(
    byId("controls"),
    choice("Sample", Object.fromEntries(named), view.sample, (place) => go({ sample: Number(place), page: 0 })),
    button("\u2190 Previous", () => turn(-1), { disabled: view.sample === 0 }),
    button("Next \u2192", () => turn(1), { disabled: view.sample === report.samples.length - 1 }),
    choice("Differences from", AGAINST, view.against, (against) => go({ against })),
    choice("Show", ONLY, view.only, (only) => go({ only, page: 0 })),
  );
}

function turn(by) {
  go({ sample: Math.min(report.samples.length - 1, Math.max(0, view.sample + by)), page: 0 });
}

function go(changed) {
  Object.assign(view, changed);
  history.replaceState(null, "", "#sample=" + report.samples[view.sample].index);
  draw();
}

// Each cell with the text it is held against; null where there is none.
function heldAgainst(sample) {
  const before = new Map(),
    first = new Map(),
    held = [];
  for (const cell of sample.cells) {
    const [, repeat, said] = cell;
    const earlier = before.has(repeat) ? before.get(repeat) : null;
    const others = { truth: sample.truth, before: earlier, first: first.get(repeat) ?? null, nothing: null };
    held.push({ cell, other: others[view.against], changed: said === null || earlier !== textOf(said) });
    if (said === null) continue;
    before.set(repeat, textOf(said));
    if (!first.has(repeat)) first.set(repeat, textOf(said));
  }
  return view.only === "all" ? held : held.filter((each) => each.changed);
}

// The controls are made anew; whoever uses the keyboard stays where they were.
function keepFocus(drawing) {
  const all = () => [...byId("controls").querySelectorAll("select, button")];
  const at = all().indexOf(document.activeElement);
  drawing();
  if (at >= 0) all()[at].focus({ preventScroll: true });
}

function draw() {
  if (!report.samples.length) return show(byId("sample"), make("p", { class: "muted" }, "There are no predictions."));
  keepFocus(drawControls);
  const sample = report.samples[view.sample];
  const held = heldAgainst(sample);
  const from = view.page * PAGE_CARDS;
  const cards = held.slice(from, from + PAGE_CARDS).map(({ cell, other }) => stepCard(cell, other));
  const legend =
    view.against === "nothing"
      ? null
      : make(
          "p",
          { class: "lede" },
          make("ins", {}, "said"),
          ", and not in " + AGAINST[view.against] + "; ",
          make("del", {}, "in it"),
          ", and not said",
        );
  show(
    byId("sample"),
    make(
      "div",
      { class: "given" },
      givenCard("Prompt", sample.prompt),
      givenCard("Ground truth", sample.truth, { class: "truth" }),
    ),
    legend,
    make("div", { class: "steps" }, cards),
    pager(held.length, from),
  );
}

function pager(total, from) {
  if (total <= PAGE_CARDS) return null;
  return make(
    "div",
    { class: "pager" },
    button("\u2190 Earlier", () => go({ page: view.page - 1 }), { disabled: from === 0 }),
    from + 1 + " to " + Math.min(total, from + PAGE_CARDS) + " of " + total,
    button("Later \u2192", () => go({ page: view.page + 1 }), { disabled: from + PAGE_CARDS >= total }),
  );
}

function showAddress() {
  const named = /^#sample=(\d+)$/.exec(location.hash);
  const place = named ? report.samples.findIndex((sample) => sample.index === Number(named[1])) : -1;
  if (place >= 0) Object.assign(view, { sample: place, page: 0 });
  draw();
  if (place >= 0) byId("samples").scrollIntoView();
}

if (report.samples.every((sample) => sample.truth === null)) view.against = "before";
addEventListener("hashchange", showAddress);
showAddress();
