"""Frozen records: what the layers pass to each other and what the tables hold."""

from storage.records.base import Record
from storage.records.budget import Amount, BudgetLimit
from storage.records.call import FoundAnswer, ModelCall
from storage.records.evaluation import RETRYABLE, ThreadEvaluation, UnscoredReason
from storage.records.figures import RunFigures, SuccessFigures, Usage, WorstThread
from storage.records.run import Judge, Progress, Reuse, Run, RunStatus, Snapshot
from storage.records.storable import storable
from storage.records.thread import Message, Role, Thread, ToolCall

__all__ = [
    "RETRYABLE",
    "Amount",
    "BudgetLimit",
    "FoundAnswer",
    "Judge",
    "Message",
    "ModelCall",
    "Progress",
    "Record",
    "Reuse",
    "Role",
    "Run",
    "RunFigures",
    "RunStatus",
    "Snapshot",
    "SuccessFigures",
    "Thread",
    "ThreadEvaluation",
    "ToolCall",
    "UnscoredReason",
    "Usage",
    "WorstThread",
    "storable",
]
