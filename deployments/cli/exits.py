"""Exit codes, and which errors are the user's to mend (exit code 2)."""

import sys

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

USERS_ERRORS = {
    "CycloptsError",
    "DatabaseUnusable",
    "OptionsError",
    "ParameterTypeError",
    "RunRefused",
    "ServerUnusable",
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
    print("evalflows: " + " ".join(text.split()), file=sys.stderr)
