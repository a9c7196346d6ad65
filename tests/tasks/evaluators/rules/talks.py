"""Threads written down as what user and bot say in turn, and what one check finds in them."""

from typing import Any

from storage.records import Message, Thread
from tasks.evaluators.rules.base import Finding
from tasks.evaluators.rules.catalog import CHECKS


def talk(*texts: str) -> Thread:
    """A thread of these texts; the user begins, then they take turns."""
    messages = (Message(role="assistant" if at % 2 else "user", text=text) for at, text in enumerate(texts))
    return Thread(external_id="t", messages=tuple(messages))


def thread_of(*messages: Message) -> Thread:
    return Thread(external_id="t", messages=messages)


def say(role: Any, text: str = "", **fields: Any) -> Message:
    return Message(role=role, text=text, **fields)


def found(name: str, thread: Thread) -> list[Finding]:
    """What the check of this name finds; every quotation must stand where the check says."""
    check = next(check for check in CHECKS if check.name == name)
    findings = list(check.find(thread))
    assert all(evidence.found for finding in findings for evidence in finding.evidence)
    assert all(finding.kind in check.kinds and finding.check == name for finding in findings)
    return findings


def indexes(name: str, thread: Thread) -> list[int]:
    return [finding.index for finding in found(name, thread)]
