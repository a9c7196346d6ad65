"""The ids seen so far, numbered, in some 25 bytes each: what makes millions of threads fit where a dict would not."""

from array import array
from hashlib import blake2b

FIRST_SLOTS = 1 << 12


class IdTable:
    """A hash table of 64-bit digests in two arrays: among ten million ids the chance of a mix-up is 3 in a million."""

    def __init__(self) -> None:
        self._mask = FIRST_SLOTS - 1
        self._digests = array("Q", bytes(8 * FIRST_SLOTS))
        self._numbers = array("I", bytes(4 * FIRST_SLOTS))
        self._used = 0

    def __len__(self) -> int:
        """How many ids there are."""
        return self._used

    def number(self, text: str) -> int:
        """The number of an id, from 0 in the order of first appearance; a new id is added."""
        digest = int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1  # 0 is an empty slot
        digests, mask = self._digests, self._mask
        slot = digest & mask
        while (found := digests[slot]) != digest:
            if not found:
                return self._add(slot, digest)
            slot = (slot + 1) & mask
        return self._numbers[slot]

    def add(self, text: str) -> bool:
        """Add an id; False when it is there already."""
        before = self._used
        self.number(text)
        return self._used > before

    def _add(self, slot: int, digest: int) -> int:
        self._digests[slot], self._numbers[slot] = digest, self._used
        self._used += 1
        if self._used * 3 > self._mask * 2:
            self._grow()
        return self._used - 1

    def _grow(self) -> None:
        old = zip(self._digests, self._numbers, strict=True)
        slots = 2 * (self._mask + 1)
        digests, numbers, mask = array("Q", bytes(8 * slots)), array("I", bytes(4 * slots)), slots - 1
        for digest, number in old:
            if digest:
                slot = digest & mask
                while digests[slot]:
                    slot = (slot + 1) & mask
                digests[slot], numbers[slot] = digest, number
        self._digests, self._numbers, self._mask = digests, numbers, mask
