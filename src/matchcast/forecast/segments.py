"""Matches cut into stretches in which nothing changes: what goal rates are fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matchcast.forecast.archive import AWAY, HOME, Floats, Ints, Matches

FOLDED_BINS = 18
"""Bins of five minutes on the axis of `archive.Moments`: stoppage is in the last bin of its half."""

BIN_MINUTES = 5.0
_LEAST_MINUTES = 0.02


@dataclass(frozen=True)
class Segments:
    """Stretches between one bin edge, goal or red card and the next; (N,) each.

    `lead` and `men` are the home team's, less the away team's; `minutes` is the stretch's length and
    `goals` (N, 2) what was scored at its end, which is 0 or 1.
    """

    match: Ints
    bin: Ints
    lead: Ints
    men: Ints
    minutes: Floats
    goals: Ints


def segments(matches: Matches) -> Segments:
    """Cut matches at bin edges, goals and red cards."""
    count = len(matches)
    goals, reds = matches.goals, matches.red_cards
    edges = np.arange(FOLDED_BINS) * BIN_MINUTES
    match = np.concatenate((np.repeat(np.arange(count), FOLDED_BINS), goals.match, reds.match))
    minute = np.concatenate((np.tile(edges, count), goals.minute, reds.minute))
    nothing = np.zeros(count * FOLDED_BINS, dtype=np.int64)
    no_goal, no_red = np.zeros_like(reds.side), np.zeros_like(goals.side)
    scored = np.concatenate((nothing, np.where(goals.side == HOME, 1, -1), no_goal))
    sent_off = np.concatenate((nothing, no_red, np.where(reds.side == AWAY, 1, -1)))
    order = np.lexsort((minute, match))
    match, minute, scored, sent_off = match[order], minute[order], scored[order], sent_off[order]
    ends = np.append(minute[1:], 0.0)
    last = np.append(match[1:] != match[:-1], True)
    ends[last] = FOLDED_BINS * BIN_MINUTES
    ends_with = np.append(scored[1:], 0)
    ends_with[last] = 0
    return Segments(
        match,
        np.minimum(minute // BIN_MINUTES, FOLDED_BINS - 1).astype(np.int64),
        _within(match, scored),
        _within(match, sent_off),
        np.maximum(ends - minute, _LEAST_MINUTES),
        np.column_stack((ends_with == 1, ends_with == -1)).astype(np.int64),
    )


def _within(match: Ints, change: Ints) -> Ints:
    """Running sum of changes, anew in each match."""
    total: Ints = np.cumsum(change)
    first = np.append(True, match[1:] != match[:-1])
    before = (total - change)[first]
    total -= np.repeat(before, np.diff(np.append(np.flatnonzero(first), len(match))))
    return total
