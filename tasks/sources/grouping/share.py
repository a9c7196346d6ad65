"""Take a share of the threads: by a hash of their ids, so that every run of the same seed draws the same ones."""

import hashlib
from collections.abc import Iterator

from storage.records import Thread

KEY_BYTES = 8


def take_share(threads: Iterator[Thread], rate: float, seed: int) -> Iterator[Thread]:
    """The threads in the share, in their order.

    Args:
        threads: Any number of threads; taken one by one.
        rate: Above 0, at most 1; a larger share holds every smaller one, and goes by the hash that a sample goes by.
        seed: Another seed draws another share.
    """
    below = share_key(rate)
    for thread in threads:
        if below is None or hashlib.sha256(f"{seed}:{thread.external_id}".encode()).digest()[:KEY_BYTES] < below:
            yield thread


def share_key(rate: float) -> bytes | None:
    """What the first bytes of a thread's hash must be below; None where all are taken."""
    return None if rate >= 1 else int(rate * 2 ** (8 * KEY_BYTES)).to_bytes(KEY_BYTES)
