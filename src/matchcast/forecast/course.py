"""The course of a match: the steps that its remaining time is cut into, and where the clock stands on it.

Stoppage has no known end, so the axis is not the clock's: a stoppage of unknown length L (taken as
normal) is cut into equal steps of *expected remaining* time. At 90+s minutes the position is where
E[L - s | L > s] of it is left, which shrinks smoothly and never reaches nothing until the whistle.
Lengths are those of 1,822 club matches: the first half 46:20 (sd 75 s), the second 48:41 (sd 91 s).
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Stoppage(NamedTuple):
    """Length of a period's stoppage in minutes, as a normal distribution cut off at zero."""

    mean: float
    deviation: float

    def remaining(self, played: float) -> float:
        """Minutes of stoppage that are still expected after `played` minutes of it."""
        z = (played - self.mean) / self.deviation
        if z > 12.0:  # where erfc nears underflow: the asymptotic series of Mills' ratio
            return self.deviation * (1.0 / z - 2.0 / z**3)
        density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        beyond = 0.5 * math.erfc(z / math.sqrt(2.0))
        return self.deviation * (density / beyond - z)


class Part(NamedTuple):
    """One period on a course: its place on the clock and its steps."""

    begins: int
    minutes: int
    stoppage: Stoppage
    stoppage_steps: int
    first_step: int

    @property
    def steps(self) -> int:
        """Steps of this part, stoppage included."""
        return self.minutes + self.stoppage_steps


class Course(NamedTuple):
    """Consecutive periods, and for each step the bin whose goals it has a part of.

    `bins[k]` is the bin of step k. Step k lies between positions k and k + 1.
    """

    parts: tuple[Part, ...]
    bins: tuple[int, ...]

    @property
    def steps(self) -> int:
        """Steps from the first kick-off to the last whistle."""
        return len(self.bins)

    def position(self, part: int, minute: float) -> float:
        """Where the clock (in minutes, with decimals) of part number `part` stands, in steps.

        The result lies in [0, steps]; before the part's nominal start it is the part's start.
        """
        begins, minutes, stoppage, stoppage_steps, first_step = self.parts[part]
        played = minute - begins
        if played <= 0.0:
            return float(first_step)
        if played <= minutes:
            return first_step + played
        gone = 1.0 - stoppage.remaining(played - minutes) / stoppage.remaining(0.0)
        return first_step + minutes + stoppage_steps * gone


FIRST_HALF_STOPPAGE = Stoppage(1.33, 1.25)
SECOND_HALF_STOPPAGE = Stoppage(3.68, 1.52)
EXTRA_TIME_STOPPAGE = Stoppage(1.0, 0.7)

BIN_MINUTES = 5
BINS = 20
"""Bins of five minutes: nine and a stoppage (number 9) in the first half, the same again in the second."""

FIRST_STOPPAGE_BIN = 9
SECOND_STOPPAGE_BIN = 19

NORMAL_TIME = Course(
    parts=(
        Part(0, 45, FIRST_HALF_STOPPAGE, 2, 0),
        Part(45, 45, SECOND_HALF_STOPPAGE, 4, 47),
    ),
    bins=(
        *(minute // BIN_MINUTES for minute in range(45)),
        *(FIRST_STOPPAGE_BIN,) * 2,
        *(FIRST_STOPPAGE_BIN + 1 + minute // BIN_MINUTES for minute in range(45)),
        *(SECOND_STOPPAGE_BIN,) * 4,
    ),
)

EXTRA_TIME = Course(
    parts=(
        Part(90, 15, EXTRA_TIME_STOPPAGE, 1, 0),
        Part(105, 15, EXTRA_TIME_STOPPAGE, 1, 16),
    ),
    bins=(0,) * 32,
)
