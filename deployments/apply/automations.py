"""What the Prefect server does by itself: end what was lost, start again what is stuck, tell of bad nights."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from prefect.events.schemas.automations import AutomationCore

RUN = "prefect.flow-run"
OURS = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.evalflows"}
"""Runs of our deployments; runs that a script or the command line called are not watched here."""
NIGHTLY = {"prefect.resource.role": "flow", "prefect.resource.name": "nightly"}
SILENT_FOR = timedelta(minutes=4)
"""More than the three minutes between the heartbeats of a run that was resumed outside of the pool."""
PENDING_FOR = timedelta(minutes=10)
"""Long enough for a container's image to be pulled."""
BEAT = f"{RUN}.heartbeat"
PENDING = ("Pending", "Submitting", "InfrastructurePending")
ENDINGS = ("Completed", "Failed", "TimedOut", "Crashed", "Cancelled", "AwaitingRetry", "Paused", "Suspended")

REGRESSED_SUBJECT = "evalflows: {{ event.resource.name or event.resource.id }} got worse"
REGRESSED_BODY = "{% for name, value in event.payload.items() %}{{ name }}: {{ value }}\n{% endfor %}"
FAILED_SUBJECT = "evalflows: the nightly run {{ flow_run.name }} {{ flow_run.state.name | lower }}"
FAILED_BODY = "{{ flow_run.state.message }}\n{{ flow_run | ui_url or '' }}"


def ensure_automations(blocks: Sequence[UUID]) -> None:
    """Create the automations or bring them up to date, by name; one that was switched off stays so.

    Args:
        blocks: Where alerts go; without any, the automations that alert are left out.
    """
    from prefect.client.orchestration import get_client
    from prefect.events.schemas.automations import AutomationCore

    with get_client(sync_client=True) as client:
        for content in (*repairs(), *(alerts(blocks) if blocks else ())):
            wanted = AutomationCore.model_validate(content)
            found = client.read_automations_by_name(wanted.name)
            if not found:
                client.create_automation(wanted)
            elif not _is_same(found[0], wanted):
                client.update_automation(found[0].id, wanted.model_copy(update={"enabled": found[0].enabled}))


def repairs() -> Sequence[Mapping[str, Any]]:
    """The automations that mend the state of runs."""
    begun = [BEAT, *_events(("Running", "Scheduled", "Late", *ENDINGS))]  # a busy SQLite server may lose one of them
    return (
        {
            "name": "evalflows: lost runs",
            "description": "A run whose heartbeats stop has lost its host: it is set to Crashed, and can be retried.",
            "trigger": _silence([BEAT], [BEAT, *_events(ENDINGS)], SILENT_FOR),
            "actions": [_change_to("CRASHED", "no heartbeat for minutes: its host is gone")],
        },
        {
            "name": "evalflows: stuck runs",
            "description": "A run that stays Pending lost its worker before it began: it is queued again.",
            "trigger": _silence(_events(PENDING), begun, PENDING_FOR),
            "actions": [_change_to("SCHEDULED", "was taken by a worker that never began it")],
        },
    )


def alerts(blocks: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """The automations that tell people, through each of the blocks."""
    return (
        {
            "name": "evalflows: regression",
            "description": "A night found an app significantly worse than before.",
            "trigger": {"type": "event", "posture": "Reactive", "expect": ["evalflows.run.regressed"]},
            "actions": [_notify(block, REGRESSED_SUBJECT, REGRESSED_BODY) for block in blocks],
        },
        {
            "name": "evalflows: failed night",
            "description": "The nightly run failed or crashed.",
            "trigger": {
                "type": "event",
                "posture": "Reactive",
                "expect": _events(("Failed", "TimedOut", "Crashed")),
                "match_related": NIGHTLY,
            },
            "actions": [_notify(block, FAILED_SUBJECT, FAILED_BODY) for block in blocks],
        },
    )


def _is_same(found: "AutomationCore", wanted: "AutomationCore") -> bool:
    """Whether nothing is to be changed; a change would make the server forget what it has seen so far."""
    parts = {"description", "trigger", "actions"}
    return found.model_dump(include=parts) == wanted.model_dump(include=parts)


def _silence(after: Iterable[str], expect: Iterable[str], within: timedelta) -> dict[str, Any]:
    """A trigger that fires for a run of ours when, after one event, none of the others follows in time."""
    return {
        "type": "event",
        "posture": "Proactive",
        "after": after,
        "expect": expect,
        "match": {"prefect.resource.id": f"{RUN}.*"},
        "match_related": OURS,
        "for_each": ["prefect.resource.id"],
        "threshold": 1,
        "within": within,
    }


def _change_to(state: str, message: str) -> dict[str, Any]:
    return {"type": "change-flow-run-state", "state": state, "message": message}


def _notify(block: UUID, subject: str, body: str) -> dict[str, Any]:
    return {"type": "send-notification", "block_document_id": block, "subject": subject, "body": body}


def _events(states: Iterable[str]) -> list[str]:
    return [f"{RUN}.{state}" for state in states]
