"""Everything that can be asked about one fixture, tabled by position on the course and by lead."""

from __future__ import annotations

from array import array
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from matchcast.forecast.course import Course
from matchcast.forecast.forecast import Outcome
from matchcast.forecast.goal_rates import LEADS, MOST_LEAD, Floats
from matchcast.forecast.ratings import Meeting
from matchcast.forecast.win_probability import NEAR_LEAD, NEAR_LEADS, next_goal_table, score_table

_KEPT = 9
"""Numbers kept of the score table for each position and lead."""

_CANDIDATES = 8
"""Scores looked at to find the likeliest ones between two positions."""


class ResultTable:
    """Win, draw and loss of a fixture at every position and lead."""

    __slots__ = ("_flat", "_last")

    def __init__(self, table: Floats) -> None:
        """Take (steps + 1, LEADS, 2) as `result_table` makes it for each fixture."""
        self._flat = array("d", table.tobytes())
        self._last = len(table) - 1

    def outcome(self, position: float, lead: int) -> Outcome:
        """Probabilities at a position, in a straight line between steps."""
        flat = self._flat
        if lead > MOST_LEAD:
            lead = MOST_LEAD
        elif lead < -MOST_LEAD:
            lead = -MOST_LEAD
        step = int(position)
        at = (step * LEADS + lead + MOST_LEAD) * 2
        if step >= self._last:
            home, away = flat[at], flat[at + 1]
        else:
            later = position - step
            now = 1.0 - later
            home = now * flat[at] + later * flat[at + 2 * LEADS]
            away = now * flat[at + 1] + later * flat[at + 2 * LEADS + 1]
        draw = 1.0 - home - away
        return Outcome(home, draw if draw > 0.0 else 0.0, away)


class Remaining:
    """Goals still to come, from one position and lead.

    `home` and `away` are expected goals; `totals[k]` is P(k goals in all), k up to 2;
    `no_home`, `no_away` that a team scores no more; `next_home`, `next_away` who scores next;
    `scores` the likeliest (probability, home goals, away goals) still to come, best first.
    """

    __slots__ = ("away", "home", "next_away", "next_home", "no_away", "no_home", "scores", "totals")

    def __init__(self, numbers: list[float], scores: list[tuple[float, int, int]]) -> None:
        self.home, self.away, self.no_home, self.no_away, self.next_home, self.next_away = numbers[:6]
        self.totals = numbers[6:]
        self.scores = scores


NOTHING_TO_COME = Remaining([0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [(1.0, 0, 0)])


class GoalTable:
    """Goals still to come in a fixture, at every position and lead."""

    def __init__(self, in_bins: Floats, course: Course) -> None:
        """Table a fixture's goal rates, (bins, LEADS, 2)."""
        cells = _cells(in_bins)
        scores = score_table(in_bins, course, cells)
        self._numbers = array("d", _numbers(scores, next_goal_table(in_bins, course)).tobytes())
        self._scores = scores.astype(np.float32)
        self._last = course.steps
        self._likeliest: dict[int, list[tuple[int, int, float, float]]] = {}

    def remaining(self, position: float, lead: int) -> Remaining:
        """What is to come from a position, in a straight line between steps."""
        lead = min(max(lead, -NEAR_LEAD), NEAR_LEAD)
        step = min(int(position), self._last)
        later = position - step
        now = 1.0 - later
        row = step * NEAR_LEADS + lead + NEAR_LEAD
        start = row * _KEPT
        values = self._numbers[start : start + _KEPT].tolist()
        if step < self._last:
            start += NEAR_LEADS * _KEPT
            after = self._numbers[start : start + _KEPT]
            values = [now * value + later * next_ for value, next_ in zip(values, after, strict=True)]
        scores = [(now * p + later * q, home, away) for home, away, p, q in self._candidates(row)]
        scores.sort(key=itemgetter(0), reverse=True)
        return Remaining(values, scores)

    def _candidates(self, row: int) -> list[tuple[int, int, float, float]]:
        """Likely scores of a step and lead: goals of either team, probability here and a step later."""
        found = self._likeliest.get(row)
        if found is None:
            step, lead = divmod(row, NEAR_LEADS)
            here = self._scores[step, lead].ravel()
            there = self._scores[min(step + 1, self._last), lead].ravel()
            best = np.argsort(here + there)[::-1][:_CANDIDATES]
            cells = self._scores.shape[-1]
            found = [(int(i) // cells, int(i) % cells, float(here[i]), float(there[i])) for i in best]
            self._likeliest[row] = found
        return found


def _cells(in_bins: Floats) -> tuple[int, int]:
    """Goals of each team to tell apart so that fewer than about one match in 10,000 has more."""
    most = in_bins.sum(axis=0).max(axis=0)
    home, away = np.ceil(3.5 + most + 3.0 * np.sqrt(most)).astype(int).tolist()
    return home, away


def _numbers(scores: Floats, next_goal: Floats) -> Floats:
    """The figures of `Remaining`, (steps + 1, near leads, _KEPT)."""
    of_home, of_away = scores.sum(axis=3), scores.sum(axis=2)
    near = next_goal[:, MOST_LEAD - NEAR_LEAD : MOST_LEAD + NEAR_LEAD + 1]
    return np.stack(
        (
            of_home @ np.arange(scores.shape[2]),
            of_away @ np.arange(scores.shape[3]),
            of_home[:, :, 0],
            of_away[:, :, 0],
            near[:, :, 0],
            near[:, :, 1],
            scores[:, :, 0, 0],
            scores[:, :, 0, 1] + scores[:, :, 1, 0],
            scores[:, :, 0, 2] + scores[:, :, 1, 1] + scores[:, :, 2, 0],
        ),
        axis=-1,
    )


class Fixture(NamedTuple):
    """One fixture on one course: who meets, how it ends, and the goal rates, (bins, LEADS, 2)."""

    meeting: Meeting
    results: ResultTable
    in_bins: Floats
    course: Course
