"""The digest of a night as a Markdown page: an artifact, a notification, and what the command prints."""

from collections.abc import Iterator

from tasks.nightly.change import change_words
from tasks.nightly.digest import Figure, NightDigest, SuiteDigest
from tasks.reports.markdown import code, escaped
from tasks.reports.words import percent, title

FIGURES_AT_MOST = 6


def digest_markdown(digest: NightDigest) -> str:
    """The whole digest: what needs a look first."""
    parts = [
        f"# {digest.headline}",
        *_alarms(digest),
        _table(digest),
        *(_suite(suite) for suite in digest.suites),
        *_past(digest),
        f"Cost: {digest.cost_usd:.4f} USD, {digest.tokens:,} tokens. Run `{digest.run_id}`",
    ]
    return "\n\n".join(part for part in parts if part)


def _alarms(digest: NightDigest) -> Iterator[str]:
    lines = [f"- **{name}**: {escaped(change_words(change))}" for name, change in digest.regressions]
    lines += [f"- **{suite.name}** {suite.status}: {escaped(suite.error or '')}" for suite in digest.failed]
    if lines:
        yield "\n".join(lines)


def _table(digest: NightDigest) -> str:
    head = "| suite | app | kind | status | threads | cost, USD |\n| --- | --- | --- | --- | --- | --- |"
    return "\n".join([head, *(_row(suite) for suite in digest.suites)])


def _row(suite: SuiteDigest) -> str:
    name = f"[{suite.name}]({suite.link})" if suite.link else suite.name
    cost = "not known" if suite.cost_usd is None else f"{suite.cost_usd:.4f}"
    cells = (name, escaped(suite.app), suite.kind, suite.status, f"{suite.items:,}", cost)
    return f"| {' | '.join(cells)} |"


def _suite(suite: SuiteDigest) -> str:
    """Figures, changes and notes of one suite."""
    lines = [f"## {suite.name}"]
    if suite.error and suite.status != "failed":
        lines.append(f"> {escaped(suite.error)}")
    if suite.figures:
        shown = list(suite.figures.items())[:FIGURES_AT_MOST]
        lines.append("\n".join(f"- {title(name)}: {_figure(figure)}" for name, figure in shown))
    if suite.unscored:
        lines.append("Unscored rows: " + ", ".join(f"{code(reason)} {n}" for reason, n in suite.unscored.items()))
    if suite.changes:
        lines.append(f"Against {suite.compared_night}:")
        lines.append("\n".join(f"- {escaped(change_words(change))}" for change in suite.changes))
    lines += [f"> {escaped(note)}" for note in suite.notes]
    if suite.command:
        lines.append(f"`{suite.command}`")
    return "\n\n".join(lines)


def _figure(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return percent(figure.value)
    return f"{percent(figure.value)} ({100 * figure.low:.1f} to {100 * figure.high:.1f} %, n={figure.n})"


def _past(digest: NightDigest) -> Iterator[str]:
    """What was caught up, and what was missed."""
    if digest.missed:
        nights = ", ".join(str(night) for night in digest.missed)
        yield f"Missed: nothing ran on {nights}. What was new then is part of tonight's fresh suites."
    if digest.caught_up:
        lines = (
            f"- {one.night} {one.suite}: {one.status}{f' ({escaped(one.error)})' if one.error else ''}"
            for one in digest.caught_up
        )
        yield "Caught up:\n\n" + "\n".join(lines)
