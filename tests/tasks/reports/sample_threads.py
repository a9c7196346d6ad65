"""Good, poor and unscored threads, as many as a test needs."""

from collections.abc import Iterator

from storage.records import UnscoredReason
from tasks.reports.thread import ReportThread
from tests.tasks.reports.sample_bad_thread import bad_thread
from tests.tasks.reports.sample_evaluations import JSONObject, conversation, evaluated

REASONINGS = {
    "PASS": "Agrees with the timetable.",
    "SOFT FAIL": "Right, but leaves out that the locker needs a code.",
    "HARD FAIL": "Locker 4 closed in January; parcels wait at the counter.",
}


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
