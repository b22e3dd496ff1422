"""Matches played forward by their goal and red-card rates, many at once, without any other event.

Time goes in steps of `STEP_SECONDS`. In each step a match sees at most one incident, drawn with the
rates that the score, the men and the clock of that moment give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from matchcast.simulate.parameters import (
    BIN_SECONDS,
    BINS_PER_HALF,
    EXTRA_HALF_SECONDS,
    HALF_SECONDS,
    PINNED,
    Rates,
)

STEP_SECONDS = 20
LEAST_MEN = 7
"""With fewer, the laws end the match: no red card is drawn for a side that has no more than this."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Kind(IntEnum):
    """What an incident is; its side is the one that gains the goal or loses the man."""

    GOAL = 0
    PENALTY_GOAL = 1
    OWN_GOAL = 2
    STRAIGHT_RED = 3
    SECOND_YELLOW = 4

    @property
    def is_goal(self) -> bool:
        """Whether the score changes."""
        return self <= Kind.OWN_GOAL


@dataclass(frozen=True)
class Played:
    """Matches that were played; arrays over the matches, then over all their incidents.

    Attributes:
        lengths: Seconds of periods 1 to 4, shape (matches, 4); 0 where a period was not played.
        score_at_90: Goals of home and away after two halves, shape (matches, 2).
        score: The same after extra time.
        match, period, second, side, kind: One entry an incident, by period and then in order of time
            to `STEP_SECONDS`: the match's number, the period (1 to 4), seconds since the period began,
            0 for home and 1 for away, a `Kind`.
    """

    lengths: Floats
    score_at_90: Ints
    score: Ints
    match: Ints
    period: Ints
    second: Floats
    side: Ints
    kind: Ints


def play(
    strengths: Floats, rng: np.random.Generator, *, knockout: bool = False, rates: Rates = PINNED
) -> Played:
    """Play one match for each row of `strengths`.

    Args:
        strengths: Pre-match expected goals of home and away, shape (matches, 2).
        rng: Source of all chance.
        knockout: Play extra time where the score is level after two halves.
        rates: Goal rates, red-card rates and lengths to play by.
    """
    matches = len(strengths)
    field = _Field(strengths, rng, rates)
    lengths = np.zeros((matches, 4))
    lengths[:, 0] = HALF_SECONDS + _draw_gamma(*rates.lengths.first, matches, rng)
    lengths[:, 1] = HALF_SECONDS + np.maximum(0, rng.normal(*rates.lengths.second, matches))
    for period in (1, 2):
        field.play_period(period, lengths[:, period - 1])
    score_at_90 = field.score.copy()
    if knockout:
        level = score_at_90[:, 0] == score_at_90[:, 1]
        for period in (3, 4):
            whole = EXTRA_HALF_SECONDS + _draw_gamma(*rates.lengths.extra, matches, rng)
            lengths[:, period - 1] = np.where(level, whole, 0)
            field.play_period(period, lengths[:, period - 1])
    return field.gather(lengths, score_at_90)


def _draw_gamma(mean: float, sd: float, size: int, rng: np.random.Generator) -> Floats:
    return rng.gamma((mean / sd) ** 2, sd**2 / mean, size)


class _Field:
    """The matches while they are played: scores, men, and the incidents so far."""

    def __init__(self, strengths: Floats, rng: np.random.Generator, rates: Rates) -> None:
        self.strengths = strengths
        self.rng = rng
        self.score = np.zeros((len(strengths), 2), dtype=np.int64)
        self.men = np.full((len(strengths), 2), 11, dtype=np.int64)
        self._incidents: list[tuple[Ints, Ints, Floats, Ints, Ints]] = []
        goals, reds = rates.goals, rates.reds
        up, down = goals.man_up, goals.man_down
        # Row 2 of each table is extra time: an even clock, the score effects of the second half.
        self._goal_bins = np.array([*goals.bins, [1.0] * BINS_PER_HALF]) / (2 * HALF_SECONDS)
        self._goal_score = np.array([*goals.score, goals.score[1]])
        self._goal_men = np.array([down**2, down, 1.0, up, up**2])
        self._red_bins = np.array([*reds.bins, [1.0] * BINS_PER_HALF]) / (2 * HALF_SECONDS)
        self._red_score = np.array(reds.score)
        self._red_cards = np.array(reds.cards)
        self._own_goal_share, self._penalty_share = goals.own_goal_share, goals.penalty_share
        self._straight_share = reds.straight_share

    def play_period(self, period: int, lengths: Floats) -> None:
        """Play one period of `lengths` seconds in every match; a length of 0 leaves a match alone."""
        phase = min(period, 3) - 1
        regular = HALF_SECONDS if period <= 2 else EXTRA_HALF_SECONDS
        for start in range(0, math.ceil(np.max(lengths)), STEP_SECONDS):
            bin_ = BINS_PER_HALF - 1 if start >= regular else start // BIN_SECONDS
            exposure = np.clip(lengths - start, 0, STEP_SECONDS)
            self._step(period, start, exposure, self._rates(phase, bin_))

    def gather(self, lengths: Floats, score_at_90: Ints) -> Played:
        """Return what happened."""
        none = np.zeros(0, dtype=np.int64)
        columns = zip(*self._incidents, strict=True) if self._incidents else [[none]] * 5
        match, period, second, side, kind = (np.concatenate(column) for column in columns)
        return Played(lengths, score_at_90, self.score, match, period, second.astype(float), side, kind)

    def _step(self, period: int, start: float, exposure: Floats, rates: Floats) -> None:
        expected = rates * exposure[:, None]
        hit = np.flatnonzero(self.rng.random(len(expected)) < -np.expm1(-expected.sum(axis=1)))
        if not len(hit):
            return
        bounds = np.cumsum(expected[hit], axis=1)
        drawn = self.rng.random(len(hit)) * bounds[:, -1]
        which = np.minimum((drawn[:, None] >= bounds).sum(axis=1), 3)
        side, is_red = which % 2, which >= 2
        kind = np.where(is_red, self._draw_red_kinds(len(hit)), self._draw_goal_kinds(len(hit)))
        second = start + self.rng.random(len(hit)) * exposure[hit]
        self.score[hit, side] += ~is_red
        self.men[hit, side] -= is_red
        self._incidents.append((hit, np.full(len(hit), period), second, side, kind))

    def _rates(self, phase: int, bin_: int) -> Floats:
        """Return rates a second, shape (matches, 4): goals home and away, red cards home and away."""
        lead = np.clip(self.score[:, 0] - self.score[:, 1], -2, 2)
        extra = np.clip(self.men[:, 0] - self.men[:, 1], -2, 2)
        leads = np.stack([2 + lead, 2 - lead], axis=1)
        extras = np.stack([2 + extra, 2 - extra], axis=1)
        goals = self.strengths * self._goal_score[phase, leads] * self._goal_men[extras]
        reds = self._red_cards * self._red_score[leads] * (self.men > LEAST_MEN)
        return np.concatenate(
            [goals * self._goal_bins[phase, bin_], reds * self._red_bins[phase, bin_]], axis=1
        )

    def _draw_goal_kinds(self, size: int) -> Ints:
        drawn = self.rng.random(size)
        own, penalty = drawn < self._own_goal_share, drawn >= 1 - self._penalty_share
        return np.select([own, penalty], [int(Kind.OWN_GOAL), int(Kind.PENALTY_GOAL)], int(Kind.GOAL))

    def _draw_red_kinds(self, size: int) -> Ints:
        straight = self.rng.random(size) < self._straight_share
        return np.where(straight, int(Kind.STRAIGHT_RED), int(Kind.SECOND_YELLOW))
