"""What is counted in simulated matches, to be set beside the real figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchcast.simulate.parameters import BIN_SECONDS, BINS_PER_HALF
from matchcast.simulate.play import Kind, Played

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PlayFigures:
    """Figures of undressed matches; pairs are (home, away).

    Attributes:
        goals, red_cards: A match.
        variances: Of the goals.
        results: Shares of home wins, draws and away wins.
        goal_shares: Share of the goals in each of the 20 bins of `figures.json`.
        goalless: Share of 0-0.
        level_at_75: Share of draws where the score was level at 75 minutes.
        one_up_at_75: Share of home wins where the home team led by one at 75 minutes.
        own_goals, penalties: Share of the goals.
        half_seconds: Means of both halves, then their standard deviations.
        red_median: Median minute of the red cards.
    """

    goals: Floats
    variances: Floats
    results: Floats
    goal_shares: Floats
    goalless: float
    level_at_75: float
    one_up_at_75: float
    own_goals: float
    penalties: float
    red_cards: Floats
    red_median: float
    half_seconds: Floats


def measure_play(played: Played) -> PlayFigures:
    """Count what happened in two halves of undressed matches."""
    home, away = played.score_at_90.T
    is_goal = (played.kind <= Kind.OWN_GOAL) & (played.period <= 2)
    is_red = (played.kind >= Kind.STRAIGHT_RED) & (played.period <= 2)
    bins = np.minimum((played.second // BIN_SECONDS).astype(int), BINS_PER_HALF - 1)
    bins += BINS_PER_HALF * (played.period - 1)
    at_75 = _difference_at(played, is_goal & ((played.period == 1) | (played.second < 30 * 60)))
    halves = played.lengths[:, :2]
    reds = [np.sum(is_red & (played.side == side)) / len(home) for side in (0, 1)]
    return PlayFigures(
        goals=played.score_at_90.mean(axis=0),
        variances=played.score_at_90.var(axis=0),
        results=np.array([np.mean(home > away), np.mean(home == away), np.mean(home < away)]),
        goal_shares=np.bincount(bins[is_goal], minlength=2 * BINS_PER_HALF) / is_goal.sum(),
        goalless=float(np.mean(home + away == 0)),
        level_at_75=float(np.mean((home == away)[at_75 == 0])),
        one_up_at_75=float(np.mean((home > away)[at_75 == 1])),
        own_goals=float(np.mean(played.kind[is_goal] == Kind.OWN_GOAL)),
        penalties=float(np.mean(played.kind[is_goal] == Kind.PENALTY_GOAL)),
        red_cards=np.array(reds),
        red_median=float(np.median((played.second / 60 + 45 * (played.period - 1))[is_red])),
        half_seconds=np.concatenate([halves.mean(axis=0), halves.std(axis=0)]),
    )


def _difference_at(played: Played, counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    difference = np.zeros(len(played.score), dtype=np.int64)
    np.add.at(difference, played.match[counted], np.where(played.side[counted] == 0, 1, -1))
    return difference


@dataclass(frozen=True)
class Course:
    """Two halves of many matches by the minute; arrays of shape (matches, minutes).

    Attributes:
        lead, extra: Goals and men that the home team is ahead by when the minute begins.
        played: Seconds of the minute that were played.
        goals: Goals of home and away in it, shape (2, matches, minutes).
        half: 1 or 2, shape (minutes,).
    """

    lead: NDArray[np.int64]
    extra: NDArray[np.int64]
    played: Floats
    goals: NDArray[np.int64]
    half: NDArray[np.int64]


FIRST_HALF_MINUTES, SECOND_HALF_MINUTES = 60, 70


def course_of(played: Played) -> Course:
    """Cut two halves of undressed matches into minutes."""
    matches = len(played.score)
    minutes = FIRST_HALF_MINUTES + SECOND_HALF_MINUTES
    half = np.repeat([1, 2], [FIRST_HALF_MINUTES, SECOND_HALF_MINUTES])
    start = np.concatenate([np.arange(FIRST_HALF_MINUTES), np.arange(SECOND_HALF_MINUTES)]) * 60.0
    lengths = played.lengths[:, half - 1]
    regular = played.period <= 2
    minute = (played.second // 60).astype(int) + FIRST_HALF_MINUTES * (played.period - 1)
    counts = {}
    for name, counted in (
        ("goals", played.kind <= Kind.OWN_GOAL),
        ("reds", played.kind >= Kind.STRAIGHT_RED),
    ):
        counts[name] = np.zeros((2, matches, minutes), dtype=np.int64)
        chosen = counted & regular
        np.add.at(counts[name], (played.side[chosen], played.match[chosen], minute[chosen]), 1)

    def before(ahead: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.cumsum(ahead, axis=1) - ahead

    return Course(
        lead=before(counts["goals"][0] - counts["goals"][1]),
        extra=before(counts["reds"][1] - counts["reds"][0]),
        played=np.clip(lengths - start, 0, 60),
        goals=counts["goals"],
        half=half,
    )


def men_effects(course: Course, strengths: Floats) -> tuple[float, float]:
    """Return by what the rate of goals is multiplied for a side with a man more, and with one less.

    The rate that would be without the card comes from eleven against eleven, at the same minute and lead.
    """
    even = course.extra == 0
    expected = {1: 0.0, -1: 0.0}
    scored = {1: 0, -1: 0}
    minutes = np.broadcast_to(np.arange(course.lead.shape[1]), course.lead.shape)
    for side, sign in ((0, 1), (1, -1)):
        cell = minutes * 5 + np.clip(sign * course.lead, -2, 2) + 2
        chance = strengths[:, side][:, None] * course.played
        rate = np.bincount(cell[even], course.goals[side][even]) / np.maximum(
            np.bincount(cell[even], chance[even]), 1e-9
        )
        for men in (1, -1):
            here = sign * course.extra == men
            known = here & (cell < len(rate))
            scored[men] += int(course.goals[side][known].sum())
            expected[men] += float((rate[cell[known]] * chance[known]).sum())
    return scored[1] / expected[1], scored[-1] / expected[-1]
