"""On what terms two runs can be compared: what refuses it, and what a reader of the comparison must know."""

from collections.abc import Collection, Iterator, Mapping

from storage.records import Judge, Run
from tasks.errors import RunRefused
from tasks.reports.comparison import CompareOptions, Difference

OPTIONS = "options"
OPTIONS_OF_RULES = ("checks", "intents", "policy")
DEFAULTS = {"repeats": 1, "reducer": "majority"}
FEW_CLUSTERS = 20


def refuse_runs(before: Run, after: Run, comparable: Collection[str]) -> None:
    """Stop where there is nothing to compare, whatever the options.

    Raises:
        RunRefused: Says which run it is, why, and what to do.
    """
    if before.flow != after.flow:
        raise RunRefused(
            f"run {before.id} is of {before.flow} and run {after.id} of {after.flow}: compare runs of one flow"
        )
    if before.flow not in comparable:
        raise RunRefused(f"runs of {before.flow} have no scores to compare; those of {', '.join(comparable)} have")
    for run in (before, after):
        if run.params.get("dry_run"):
            raise RunRefused(f"run {run.id} was a dry run: it judged nothing; compare runs that did")
        if run.status == "running":
            raise RunRefused(f"run {run.id} is still running: compare it when it has ended")
        if run.snapshot is None:
            raise RunRefused(f"run {run.id} ({run.status}) ended before its items were loaded: it has no scores")


def refuse_versions(before: Run, after: Run, options: CompareOptions) -> None:
    """Stop where the judging is not the same in both, unless that is wanted.

    Raises:
        RunRefused: Says what changed, and which option compares all the same.
    """
    changed = changes(before, after)
    if changed and not options.across_versions:
        raise RunRefused(
            f"the two runs were not judged alike: {'; '.join(changed)}; use --across-versions to compare them all the "
            "same, knowing that what differs may be the judging"
        )


def refuse_snapshots(shared: int, before: int, after: int, options: CompareOptions) -> None:
    """Stop where the items are not the same in both, unless that is wanted.

    Args:
        shared: Items in both runs, with the same content.
        before: Items of the run before.
        after: Items of the run after.
        options: What is wanted.

    Raises:
        RunRefused: Says how many they share, and which option compares all the same.
    """
    if not shared == before == after and not options.across_snapshots:
        raise RunRefused(
            f"the two runs share {shared} items of the same content (of {before} before and {after} after), so they "
            "cannot be paired; use --across-snapshots to compare them unpaired, each over all its items"
        )


def changes(before: Run, after: Run) -> list[str]:
    """What was not the same in the judging of the two runs, each in a few words."""
    judges = [str(Judge(provider=run.judge_provider, model=run.judge_model)) for run in (before, after)]
    pairs: dict[str, tuple[object, object]] = {"the judge": (judges[0], judges[1])}
    for name in sorted(before.versions.keys() & after.versions.keys()):
        what = "the options of the judge (intents, policy, windows)" if name == OPTIONS else f"the version of {name}"
        pairs[what] = (before.versions[name], after.versions[name])
    names = (*DEFAULTS, *(OPTIONS_OF_RULES if judges[0] == judges[1] == "rules" else ()))
    for name in names:
        pairs[name] = (setting(before, name), setting(after, name))
    return [f"{what} was {old}, then {new}" for what, (old, new) in pairs.items() if old != new]


def setting(run: Run, name: str) -> object:
    """A parameter of the run; what is not set is what it is by default."""
    return run.params.get(name) or DEFAULTS.get(name, "not set")


def notes_on_runs(before: Run, after: Run, *, paired: bool, shared: int) -> Iterator[str]:
    """What a reader must know about the two runs, the weightiest first."""
    for change in changes(before, after):
        yield f"{change}: what differs may be the judging, not what was judged"
    if not paired:
        yield (
            f"compared unpaired, each run over all its items ({shared} are the same in both): what differs may be the "
            "items, too"
        )
    if before.app != after.app:
        yield f"the runs are about different apps: {before.app} before, {after.app} after"
    for when, run in (("before", before), ("after", after)):
        if run.status != "completed":
            yield f"the run {when} ended as {run.status}: compared over what it has scores of"
    for when, here, there in (("before", before, after), ("after", after, before)):
        if alone := sorted(here.versions.keys() - there.versions.keys() - {OPTIONS}):
            yield f"only the run {when} judged {', '.join(alone)}: not compared"


def notes_on_figures(metrics: Mapping[str, Difference], clustered_by: str) -> Iterator[str]:
    """What a reader must know about the figures."""
    for metric in metrics.values():
        if metric.unscored:
            yield f"{metric.name}: {metric.unscored} items unscored in one run or both are left out, not counted as 0"
        if metric.smallest_seen is None:
            yield f"{metric.name}: {metric.clusters} {clustered_by}s are too few: no difference would be significant"
    fewest = min((metric.clusters for metric in metrics.values()), default=0)
    if clustered_by == "user" and fewest < FEW_CLUSTERS:
        yield f"the items come from {fewest} users: intervals over so few are wide, and rough"
