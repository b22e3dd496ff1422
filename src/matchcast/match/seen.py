"""Which event ids a match has seen, compactly: millions of ids, and a repeat is told at once."""

from __future__ import annotations

from hashlib import blake2b

from msgspec import Struct, field


class SeenIds(Struct):
    """A set of event ids that grows and is never asked for what is in it.

    Integer ids, which producers count up, are kept as 64-bit masks: an eighth of a byte each
    when they are dense. Text ids are kept as 64-bit digests (BLAKE2b): two different ids of a
    match of 4,000 events are taken for one with a chance below 1e-12.
    """

    masks: dict[int, int] = field(default_factory=dict)
    digests: set[int] = field(default_factory=set)

    def add(self, event_id: int | str) -> bool:
        """Add an id; return whether it is new."""
        if isinstance(event_id, int):
            block, bit = event_id >> 6, 1 << (event_id & 63)
            mask = self.masks.get(block, 0)
            if mask & bit:
                return False
            self.masks[block] = mask | bit
            return True
        digest = _digest(event_id)
        if digest in self.digests:
            return False
        self.digests.add(digest)
        return True

    def __contains__(self, event_id: int | str) -> bool:
        if isinstance(event_id, int):
            return bool(self.masks.get(event_id >> 6, 0) & 1 << (event_id & 63))
        return _digest(event_id) in self.digests

    def __len__(self) -> int:
        return sum(mask.bit_count() for mask in self.masks.values()) + len(self.digests)


def _digest(event_id: str) -> int:
    return int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest())
