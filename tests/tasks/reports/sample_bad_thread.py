"""One thread in which nearly everything went wrong, judged by all evaluators."""

from datetime import timedelta

from pydantic import JsonValue

from storage.records import Message, Thread, ThreadEvaluation, ToolCall
from tasks.reports.thread import ReportThread
from tests.tasks.reports.sample_evaluations import START, JSONObject, evaluated


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
