"""Answers in which everything is fine, by the title of the answer's schema."""

import re
from typing import Any

HEADER = re.compile(r"^\[(\d+)\] (user|assistant|system|tool)\b", re.MULTILINE)

Answer = dict[str, Any]


def judge_plainly(schema_title: str, prompt: str) -> Answer:
    """An answer in which every message is fine."""
    roles = [(int(index), role) for index, role in HEADER.findall(prompt)]
    if schema_title == "EfficiencyAnswer":
        return {
            "reasoning": "No needless turn.",
            "task_completed": True,
            "friction": [],
            "recovery": "NOT NEEDED",
            "failure_reason": None,
            "verdict": "EFFICIENT",
            "evidence": [],
        }
    if schema_title == "PartAnswer":
        return {"summary": "It goes on.", "friction": []}
    if schema_title == "IntentAnswer":
        wanted = [index for index, role in roles if role == "user"]
        return {"messages": [judge_intent(index) for index in wanted]}
    wanted = [index for index, role in roles if role == "assistant"]
    return {"messages": [judge_message(index) for index in wanted]}


def judge_intent(index: int) -> Answer:
    """No intent of the taxonomy."""
    return {
        "index": index,
        "reasoning": "None of them.",
        "intents": [],
        "query_type": None,
        "confidence": 0.5,
        "evidence": [],
    }


def judge_message(index: int) -> Answer:
    """A message that is right."""
    return {"index": index, "reasoning": "Right.", "verdict": "PASS", "evidence": []}
