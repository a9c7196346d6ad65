"""A thread with everything a run found on it: what a report is made from."""

from storage.records import Record, Thread, ThreadEvaluation


class ReportThread(Record):
    """One thread of a run with its evaluations, in any order; none where nothing was judged yet."""

    thread: Thread
    evaluations: tuple[ThreadEvaluation, ...] = ()
