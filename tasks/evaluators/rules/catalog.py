"""The catalogue of rule checks: to add one, write its file and add a line here."""

from collections.abc import Sequence

from tasks.evaluators.rules.base import Check
from tasks.evaluators.rules.checks.arithmetic import Arithmetic
from tasks.evaluators.rules.checks.asked_again import AskedAgain
from tasks.evaluators.rules.checks.blank_reply import BlankReply
from tasks.evaluators.rules.checks.cut_off_reply import CutOffReply
from tasks.evaluators.rules.checks.ends_in_error import EndsInError
from tasks.evaluators.rules.checks.error_text import ErrorText
from tasks.evaluators.rules.checks.garbled_text import GarbledText
from tasks.evaluators.rules.checks.leaked_markup import LeakedMarkup
from tasks.evaluators.rules.checks.looping_reply import LoopingReply
from tasks.evaluators.rules.checks.not_understood import NotUnderstood
from tasks.evaluators.rules.checks.other_language import OtherLanguage
from tasks.evaluators.rules.checks.placeholder import BracketSlot, Placeholder
from tasks.evaluators.rules.checks.repeated_reply import RepeatedReply
from tasks.evaluators.rules.checks.unanswered import Unanswered
from tasks.evaluators.rules.checks.user_correction import UserCorrection
from tasks.evaluators.rules.checks.user_repeats import UserRepeats

CHECKS: tuple[Check, ...] = (
    ErrorText(),
    Placeholder(),
    BracketSlot(),
    BlankReply(),
    CutOffReply(),
    RepeatedReply(),
    LoopingReply(),
    LeakedMarkup(),
    GarbledText(),
    Arithmetic(),
    OtherLanguage(),
    AskedAgain(),
    NotUnderstood(),
    UserCorrection(),
    UserRepeats(),
    EndsInError(),
    Unanswered(),
)


def chosen_checks(names: Sequence[str] | None) -> tuple[Check, ...]:
    """The checks with these names, in the catalogue's order; None means those on by default.

    Raises:
        ValueError: A name is not known; the message lists those that are.
    """
    if names is None:
        return tuple(check for check in CHECKS if check.default_on)
    known = [check.name for check in CHECKS]
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"unknown check {unknown[0]!r}; known are: {', '.join(known)}")
    return tuple(check for check in CHECKS if check.name in names)
