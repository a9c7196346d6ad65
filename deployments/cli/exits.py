"""Exit codes, and which errors are the user's to mend (exit code 2)."""

import re
import sys

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

USERS_ERRORS = {
    "CycloptsError",
    "DatabaseUnusable",
    "DeploymentError",
    "JobNotFound",
    "LocalServerError",
    "OptionsError",
    "ParameterTypeError",
    "RunRefused",
    "SettingsError",
    "SourceError",
    "UnusableJudge",
    "ValidationError",
}


def is_users_error(error: BaseException) -> bool:
    """Whether the error says what the user is to mend; compared by name so that no module is imported for it."""
    return any(cls.__name__ in USERS_ERRORS for cls in type(error).__mro__)


def complain(text: str) -> None:
    """One line on standard error."""
    print("evalflows: " + " ".join(without_noise(text).split()), file=sys.stderr)


def without_noise(text: str) -> str:
    """The text without what pydantic says for programmers: which model, which error type, which page explains it."""
    text = re.sub(r"\d+ validation errors? for \S+\s+", "", text)
    return re.sub(r"\s*\[type=\w+, input_value=.*", "", text, flags=re.DOTALL)
