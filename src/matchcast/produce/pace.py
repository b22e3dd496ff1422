"""How fast events follow each other."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_SPEED = 30.0


@dataclass(frozen=True)
class Pace:
    """Either the match clock at a multiple of its speed, or the same delay between any two events.

    Attributes:
        speed: Multiple of the match clock; 0 is as fast as possible.
        delay: Seconds of real time between two events of a match; given, the clock does not matter.
    """

    speed: float = DEFAULT_SPEED
    delay: float | None = None

    def wait(self, before: float, after: float) -> float:
        """Return the seconds of real time between two moments of the match clock, in its seconds."""
        if self.delay is not None:
            return self.delay
        return max(0.0, after - before) / self.speed if self.speed else 0.0

    def __str__(self) -> str:
        if self.delay is not None:
            return f"an event every {self.delay:g} s"
        return f"{self.speed:g}x" if self.speed else "as fast as possible"
