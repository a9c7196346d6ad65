"""What may be told of an error: without the secrets that servers and SDKs repeat, down to its first cause."""

from collections.abc import Collection, Iterator

SHORTEST_SECRET = 8  # a shorter one is a placeholder, which may be any word


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from, the first cause last."""
    while error is not None:
        yield error
        error = error.__cause__


def masked(text: str, secrets: Collection[str]) -> str:
    """The text without the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text
