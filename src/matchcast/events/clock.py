"""The match clock: periods, stoppage and extra time, and the moments on it."""

from __future__ import annotations

from typing import NamedTuple

FIRST_HALF, SECOND_HALF, EXTRA_FIRST, EXTRA_SECOND, SHOOT_OUT = 1, 2, 3, 4, 5

PERIOD_START = {0: 0, 1: 0, 2: 45, 3: 90, 4: 105, 5: 120}
"""Minute on the match clock at which each period starts."""

PERIOD_END = {0: 0, 1: 45, 2: 90, 3: 105, 4: 120, 5: 120}
"""Minute on the match clock after which each period is in stoppage."""


class Moment(NamedTuple):
    """A place in a match, ordered: by period first, since stoppage overlaps the next period's minutes."""

    period: int
    minute: int
    second: int

    @property
    def label(self) -> str:
        """The minute as football writes it: ``23`` from 22:00 to 22:59, ``45+2`` in stoppage."""
        return label(self.period, self.minute)


KICK_OFF = Moment(0, 0, 0)


def label(period: int, minute: int) -> str:
    """Return the running minute of play as football writes it.

    The clock shows 67 from 66:00 to 66:59; stoppage counts from the period's end: ``90+4``.
    Empty before kick-off; the shoot-out has no clock and reads ``120``.
    """
    if period == 0:
        return ""
    end = PERIOD_END[period]
    if period == SHOOT_OUT:
        return str(end)
    return str(minute + 1) if minute < end else f"{end}+{minute - end + 1}"
