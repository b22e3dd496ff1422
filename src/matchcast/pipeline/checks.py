"""Something that was checked, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

LAST_MINUTE = 150
"""Extra time ends at 120, stoppage comes on top."""


class Check(Struct, frozen=True):
    """Something that was checked: of how many things, how many failed, and which is the first."""

    name: str
    of: int
    faults: int
    example: str | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return self.faults == 0


def check_of(name: str, of: int, faulty: Sequence[str]) -> Check:
    """Return the check of so many things of which some failed."""
    return Check(name, of, len(faulty), faulty[0] if faulty else None)
