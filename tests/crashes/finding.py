"""What came of one fault, and the sums of many."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Finding:
    """One run that was struck.

    Attributes:
        fault: The fault.
        struck: How many faults it met; it may have been done before.
        undisturbed: True when it went on to its end by itself.
        resumes: How often it had to be told to go on.
        rows_lost: Committed rows and answers that were gone afterwards, and units that have no row in the end.
        rows_changed: Scored rows that changed, or differ from those of an undisturbed run in the end.
        answered_twice: Calls the judge answered in full more than once.
        owned_up: How many the run says may have been lost.
        wrong_statuses: What was said that was not so, in words.
        seconds: From the start of the run to its end.
    """

    fault: str
    struck: int = 0
    undisturbed: bool = False
    resumes: int = 0
    rows_lost: int = 0
    rows_changed: int = 0
    answered_twice: int = 0
    owned_up: int = 0
    wrong_statuses: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    def faults_found(self, concurrency: int) -> list[str]:
        """What must not be, in words; empty when all is well."""
        bound = min(self.resumes * concurrency, self.owned_up)
        said = {
            f"{self.rows_lost} rows lost": self.rows_lost,
            f"{self.rows_changed} rows changed": self.rows_changed,
            f"{self.answered_twice} calls answered twice, {self.owned_up} owned up": self.answered_twice > bound,
        }
        return [text for text, wrong in said.items() if wrong] + self.wrong_statuses


HEADER = (
    "| fault | times | went on | resumed | rows lost | rows changed | answered twice (most) | statuses wrong |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def row_of(fault: str, findings: Iterable[Finding]) -> str:
    """One row of the matrix."""
    found = list(findings)
    figures = (
        len(found),
        sum(finding.undisturbed for finding in found),
        sum(finding.resumes > 0 for finding in found),
        sum(finding.rows_lost for finding in found),
        sum(finding.rows_changed for finding in found),
        f"{sum(finding.answered_twice for finding in found)} ({max(finding.answered_twice for finding in found)})",
        sum(len(finding.wrong_statuses) for finding in found),
    )
    return f"| {fault} | " + " | ".join(map(str, figures)) + " |"
