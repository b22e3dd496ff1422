"""When a match has ended, and when to wake a DAG for it."""

from __future__ import annotations

import json
import math

SETTLED_SECONDS = 2.0
"""An end is followed by records of its own match and often by ends of others: one wake-up serves them."""


def ends_match(value: bytes | None) -> bool:
    """Whether a record says that its match is over, or that a half from the second on is.

    Files of real matches have no record of the end itself. Only the few records that may be one are decoded.
    """
    if value is None or b' End"' not in value:
        return False
    try:
        record = json.loads(value)
        kind = record["type"]["name"]
        return kind == "Match End" or (kind == "Half End" and int(record["period"]) >= 2)
    except (ValueError, TypeError, KeyError):
        return False


def seconds_of(named: str) -> float | None:
    """Return a number of seconds that somebody wrote; None: it is none."""
    try:
        seconds = float(named)
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None


class Pace:
    """When to wake: soon after an end, at most once in a gap, and after the last end in any case.

    Moments are in seconds of one clock.

    Args:
        gap: seconds from one wake-up to the next, at least.
        settled: seconds that are waited after the first end that was not told yet.

    Attributes:
        untold: ends since the last wake-up.
    """

    def __init__(self, gap: float, settled: float = SETTLED_SECONDS) -> None:
        self.untold = 0
        self._gap = gap
        self._settled = settled
        self._due = float("inf")
        self._earliest = float("-inf")

    def notice(self, ends: int, now: float) -> None:
        """Take note of ends."""
        if ends and not self.untold:
            self._due = max(now + self._settled, self._earliest)
        self.untold += ends

    def wake(self, now: float) -> int:
        """Return for how many ends to wake now; 0: not now."""
        if now < self._due:
            return 0
        told, self.untold = self.untold, 0
        self._due, self._earliest = float("inf"), now + self._gap
        return told
