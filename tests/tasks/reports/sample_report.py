"""Threads of an invented parcel bot, with verdicts: what the report's tests show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue

from storage.records import Message, Run, Snapshot, Thread, ThreadEvaluation, ToolCall, UnscoredReason
from tasks.reports.thread import ReportThread

RUN_ID = UUID("0190c0de-0000-7000-8000-000000000001")
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
JSONObject = dict[str, JsonValue]
REASONINGS = {
    "PASS": "Agrees with the timetable.",
    "SOFT FAIL": "Right, but leaves out that the locker needs a code.",
    "HARD FAIL": "Locker 4 closed in January; parcels wait at the counter.",
}


def sample_run(**changes: object) -> Run:
    run = Run(
        id=RUN_ID,
        flow="evaluate-threads",
        app="parcel-bot",
        name="evaluate-threads parcel-bot 2026-03-02",
        status="completed_with_errors",
        judge_provider="openai",
        judge_model="judge-large",
        params={"source": "parcels.jsonl"},
        versions={"intent": "1", "correctness": "2", "efficiency": "1"},
        snapshot=Snapshot(source="parcels.jsonl", threads=60, messages=412, hash="ab12" * 16),
        items=60,
        completed=60,
        cost_usd=Decimal("0.4182"),
        tokens_in=182_340,
        tokens_out=31_020,
        created_at=START,
        started_at=START,
        finished_at=START + timedelta(seconds=94),
        duration_seconds=94.2,
    )
    return run.model_copy(update=changes)


def sample_summary(**changes: JsonValue) -> JSONObject:
    rate: JSONObject = {
        "value": 0.62,
        "n": 52,
        "low": 0.486,
        "high": 0.739,
        "unscored": 8,
        "best": 0.67,
        "worst": 0.537,
    }
    unknown: JSONObject = {"value": None, "n": 0, "low": None, "high": None, "unscored": 3, "best": None, "worst": None}
    summary: JSONObject = {
        "items": 60,
        "completed": 60,
        "unscored": {"infra": 3, "unparseable": 2, "not_applicable": 7},
        "tokens": {"in": 182_340, "out": 31_020},
        "cost_usd": 0.4182,
        "metrics": {
            "success_rate": rate,
            "intent_accuracy": rate | {"value": 0.871, "low": 0.80, "high": 0.92, "best": 0.88, "worst": 0.81},
            "query_type_accuracy": unknown,
            "labelled_agreement": rate | {"value": 0.94, "low": 0.83, "high": 0.98, "unscored": 0},
        },
        "counts": {
            "worst_correctness": {"PASS": 31, "SOFT FAIL": 9, "HARD FAIL": 11, "CRITICAL": 4, "NOT APPLICABLE": 1},
            "efficiency_verdict": {"EFFICIENT": 24, "ACCEPTABLE": 11, "FRICTION": 9, "BROKEN": 7, "INCOMPLETE": 3},
            "success_status": {"true": 32, "false": 20, "null": 8},
            "recovery": {"NOT NEEDED": 35, "GOOD": 6, "PARTIAL": 4, "FAILED": 9},
            "friction_cause": {"bot": 21, "user": 14},
            "check": {"repeated_reply": 6, "placeholder": 2, "asked_again": 5},
        },
        "evaluators": {
            "correctness": {"n": 60, "scored": 56, "unscored": {"infra": 2, "unparseable": 2}},
            "efficiency": {"n": 60, "scored": 54, "unscored": {"infra": 1, "not_applicable": 5}},
            "intent": {"n": 60, "scored": 58, "unscored": {"not_applicable": 2}},
        },
        "worst_threads": [{"thread_id": "parcel-0001", "why": "states a wrong delivery date"}],
    }
    return summary | changes


def evaluated(thread: Thread, evaluator: str, verdict: str | None = None, **more: object) -> ThreadEvaluation:
    values: dict[str, object] = {
        "run_id": RUN_ID,
        "thread_id": thread.external_id,
        "evaluator": evaluator,
        "evaluator_version": "1",
        "judge": "openai:judge-large",
        "content_hash": "00",
        "verdict": verdict,
        "created_at": START,
    }
    return ThreadEvaluation.model_validate(values | more)


def conversation(thread_id: str, *texts: str, user_id: str | None = "u-17", name: str | None = None) -> Thread:
    """Texts in turn: user, assistant, user..."""
    roles = ("user", "assistant")
    messages = tuple(
        Message(role="user" if at % 2 == 0 else roles[1], text=text, created_at=START + timedelta(seconds=40 * at))
        for at, text in enumerate(texts)
    )
    last = messages[-1].created_at
    return Thread(
        external_id=thread_id, user_id=user_id, name=name, messages=messages, created_at=START, last_active=last
    )


def bad_thread() -> ReportThread:
    """A thread with tools, evidence (one quotation invented), friction, a violated rule and wrong intents."""
    called = ToolCall(id="c1", name="track_parcel", arguments={"parcel": "PX-2291", "detail": True})
    at = [START + timedelta(seconds=25 * n) for n in range(8)]
    messages = (
        Message(role="system", text="You are the assistant of a parcel service. Be brief.", created_at=at[0]),
        Message(
            role="user",
            text="Hi, where is my parcel PX-2291? It should have been here on Monday.",
            created_at=at[1],
            recorded_intents=("delivery_options",),
            expected_intents=("track_parcel",),
            recorded_query_type="general",
            expected_query_type="specific",
        ),
        Message(role="assistant", text="", created_at=at[2], tool_calls=(called,)),
        Message(
            role="tool",
            text='{"parcel": "PX-2291", "status": "in transit", "expected": "2026-03-05"}',
            created_at=at[3],
            tool_call_id="c1",
        ),
        Message(
            role="assistant",
            text="Good news! Your parcel PX-2291 was delivered yesterday at 14:10.\nIs there anything else I can do?",
            created_at=at[4],
        ),
        Message(role="user", text="No it was not, nobody rang. Can you check again?", created_at=at[5], has_image=True),
        Message(role="assistant", text="Please tell me your parcel number so that I can help you.", created_at=at[6]),
        Message(role="user", text="I gave it to you: PX-2291!", created_at=at[7]),
    )
    thread = Thread(
        external_id="parcel-0001",
        user_id="u-17",
        name="Parcel said to be delivered",
        messages=messages,
        labelled_success=False,
        created_at=at[0],
        last_active=at[7],
        metadata={"channel": "web", "locale": "en-GB"},
    )
    return ReportThread(
        thread=thread, evaluations=(_bad_correctness(thread), _bad_efficiency(thread), _bad_intent(thread))
    )


def _bad_correctness(thread: Thread) -> ThreadEvaluation:
    quote: JsonValue = {"index": 4, "quote": "was  delivered YESTERDAY", "found": True}
    source: JsonValue = {"index": 3, "quote": '"status": "in transit"', "found": True}
    invented: JsonValue = {"index": 6, "quote": "I could not find any parcel", "found": False}
    result: JSONObject = {
        "messages": [
            {
                "index": 2,
                "verdict": "NOT APPLICABLE",
                "reasoning": "A tool call, no reply.",
                "evidence": [],
                "check": None,
            },
            {
                "index": 4,
                "verdict": "CRITICAL",
                "reasoning": "Says the parcel was delivered; the tool says it is still in transit.",
                "evidence": [quote, source],
                "check": None,
            },
            {
                "index": 6,
                "verdict": "SOFT FAIL",
                "reasoning": "Asks for a number the user has given.",
                "evidence": [invented],
                "check": "asked_again",
            },
        ],
        "policy": [
            {
                "id": "P-2",
                "section": "Facts",
                "status": "VIOLATED",
                "reasoning": "A delivery is confirmed only when the tracking says so.",
                "evidence": [quote],
            },
            {"id": "P-7", "section": "Tone", "status": "FOLLOWED", "reasoning": "Polite throughout.", "evidence": []},
        ],
        "unscored": [],
    }
    return evaluated(thread, "correctness", "CRITICAL", score=0.0, result=result)


def _bad_efficiency(thread: Thread) -> ThreadEvaluation:
    friction: JsonValue = {
        "index": 6,
        "cause": "bot",
        "reasoning": "The parcel number stood in the first message.",
        "evidence": [{"index": 1, "quote": "my parcel PX-2291", "found": True}],
        "check": "asked_again",
    }
    result: JSONObject = {
        "task_completed": False,
        "friction": [friction],
        "recovery": "FAILED",
        "failure_reason": "The bot reported a delivery that had not taken place and never looked again.",
        "user_turns": 3,
        "assistant_turns": 3,
        "reasoning": "The user leaves without knowing where the parcel is.",
        "evidence": [],
    }
    return evaluated(thread, "efficiency", "BROKEN", score=0.0, result=result)


def _bad_intent(thread: Thread) -> ThreadEvaluation:
    wrong: JSONObject = {
        "index": 1,
        "recorded": ["delivery_options"],
        "expected": ["track_parcel"],
        "predicted": ["track_parcel"],
        "compared_with": "label",
        "correct": False,
        "recorded_query_type": "general",
        "expected_query_type": "specific",
        "predicted_query_type": "specific",
        "query_type_correct": False,
        "confidence": 0.93,
        "reasoning": "The user asks where a parcel is, not how it may be delivered.",
        "evidence": [{"index": 1, "quote": "where is my parcel", "found": True}],
    }
    return evaluated(
        thread, "intent", score=0.0, result={"messages": [wrong], "compared": 1, "correct": 0, "unscored": [5]}
    )


def good_thread(number: int, correctness: str = "PASS", efficiency: str = "EFFICIENT") -> ReportThread:
    thread = conversation(
        f"parcel-{number:04}",
        f"Can I pick up parcel PX-{number:04} at the station on Friday?",
        "Yes: locker 4 at the station is open from 6:00 to 23:00. The code comes by text message on Friday morning.",
        "Perfect, thank you.",
        "You are welcome. Have a good trip!",
        user_id=f"u-{number % 40}",
    )
    passed: JSONObject = {
        "messages": [
            {"index": 1, "verdict": correctness, "reasoning": REASONINGS[correctness], "evidence": [], "check": None},
            {"index": 3, "verdict": "PASS", "reasoning": "A farewell.", "evidence": [], "check": None},
        ],
        "policy": [],
        "unscored": [],
    }
    quick: JSONObject = {
        "task_completed": True,
        "friction": [],
        "recovery": "NOT NEEDED",
        "user_turns": 2,
        "assistant_turns": 2,
    }
    right: JSONObject = {
        "messages": [{"index": 0, "predicted": ["pick_up"], "correct": True}],
        "compared": 1,
        "correct": 1,
    }
    evaluations = (
        evaluated(thread, "correctness", correctness, score=1.0, result=passed),
        evaluated(thread, "efficiency", efficiency, score=1.0, result=quick),
        evaluated(thread, "intent", score=1.0, result=right),
    )
    return ReportThread(thread=thread, evaluations=evaluations)


def unscored_thread(number: int, reason: UnscoredReason = "infra") -> ReportThread:
    thread = conversation(f"parcel-{number:04}", "Do you ship to islands?", "Yes, twice a week.", user_id=None)
    correctness = evaluated(
        thread, "correctness", reason=reason, detail="The judge did not answer: time-out after 60 s."
    )
    return ReportThread(
        thread=thread, evaluations=(correctness, evaluated(thread, "efficiency", "EFFICIENT", score=1.0))
    )


def sample_threads(count: int = 60) -> Iterator[ReportThread]:
    yield bad_thread()
    kinds = (("PASS", "EFFICIENT"), ("SOFT FAIL", "FRICTION"), ("PASS", "ACCEPTABLE"), ("HARD FAIL", "BROKEN"))
    for number in range(2, count + 1):
        if number % 7 == 0:
            yield unscored_thread(number, "infra" if number % 2 else "not_applicable")
        else:
            yield good_thread(number, *kinds[number % len(kinds)])
