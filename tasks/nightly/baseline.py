"""Which earlier run a suite's run is compared with."""

from collections.abc import Sequence
from typing import Literal

from storage.records import Record, Run
from storage.records.night import EarlierRun
from tasks.nightly.plan import Kind

Pairing = Literal["pairs", "samples"]


class Baseline(Record):
    """What a run is compared with, and how.

    Attributes:
        run: The earlier run; None where there is none to compare with.
        pairing: `pairs`: thread by thread; `samples`: as two samples.
        note: What a reader must know of the choice; empty where it went as planned.
    """

    run: EarlierRun | None
    pairing: Pairing = "pairs"
    note: str = ""


def choose_baseline(kind: Kind, now: Run, snapshot_hash: str | None, earlier: Sequence[EarlierRun]) -> Baseline:
    """The last earlier run that says the same thing about other data, or about the same data.

    Args:
        kind: A fixed suite goes by pairs where its threads are unchanged; all else is compared as samples.
        now: The run of tonight.
        snapshot_hash: Hash of its threads.
        earlier: Runs of the suite that succeeded and had threads, the last first.
    """
    if not earlier:
        return Baseline(run=None, note="nothing to compare with yet: it is the first night that succeeded")
    if not now.items:
        return Baseline(run=None, note="nothing new to compare")
    alike = [run for run in earlier if _judged_alike(run, now)]
    if not alike:
        return Baseline(run=None, note=f"not compared: {_what_changed(earlier[0], now)} since {earlier[0].night}")
    last = alike[0]
    note = "" if last == earlier[0] else f"compared with {last.night}: {_what_changed(earlier[0], now)} in between"
    if kind == "fresh":
        return Baseline(run=last, pairing="samples", note=note)
    same = next((run for run in alike if run.snapshot_hash == snapshot_hash), None)
    if same is not None:
        return Baseline(run=same, note="" if same == earlier[0] else f"compared with {same.night}: the same threads")
    changed = f"its threads have changed since {last.night}: compared as samples, not pair by pair"
    return Baseline(run=last, pairing="samples", note=changed)


def _judged_alike(earlier: EarlierRun, now: Run) -> bool:
    judges = (earlier.judge_provider, earlier.judge_model) == (now.judge_provider, now.judge_model)
    return judges and earlier.versions == now.versions


def _what_changed(earlier: EarlierRun, now: Run) -> str:
    if (earlier.judge_provider, earlier.judge_model) != (now.judge_provider, now.judge_model):
        return "the judge has changed"
    names = sorted({*earlier.versions, *now.versions})
    changed = [name for name in names if earlier.versions.get(name) != now.versions.get(name)]
    return f"versions have changed ({', '.join(changed)})"
