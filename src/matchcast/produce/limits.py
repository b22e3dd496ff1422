"""How much a producer plays, and when it stops."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """When to stop, and how much to do at once.

    Attributes:
        at_once: Matches that are kept running.
        max_events: Events of the whole run or, with a schedule, of each firing; None is no limit.
        fired: Set at each firing of a schedule; None where there is none and all is played through.
        once: Whether a match that ends is not followed by another.
    """

    at_once: int = 5
    max_events: int | None = None
    fired: threading.Event | None = None
    once: bool = False

    @property
    def budget(self) -> float:
        """How many events a run or a firing has."""
        return float("inf") if self.max_events is None else self.max_events
