"""The plan of one match: everything that matters in it, with its time, before the passing in between.

Goals and red cards come from `play`; shots that miss, fouls, yellow cards, corners, offsides and
substitutions are drawn here, around them. Means are those of the real season; pairs are (home, away).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log
from random import Random
from typing import Final, NamedTuple

from matchcast.events.record import Strengths
from matchcast.simulate.chance import draw_count, draw_gamma, pick
from matchcast.simulate.parameters import BIN_SECONDS, BINS_PER_HALF, HALF_SECONDS
from matchcast.simulate.play import Kind, Played


class What(StrEnum):
    """What is planned; its side scores, shoots, commits the foul, or makes the substitution."""

    GOAL = "goal"
    OWN_GOAL = "own goal"
    PENALTY_GOAL = "penalty goal"
    MISS = "miss"
    MISSED_PENALTY = "missed penalty"
    FOUL = "foul"
    YELLOW = "yellow card"
    FIRST_YELLOW = "first yellow card"
    SECOND_YELLOW = "second yellow card"
    RED = "red card"
    CORNER = "corner"
    OFFSIDE = "offside"
    SUBSTITUTION = "substitution"


class Planned(NamedTuple):
    """One thing of the plan: when (period, seconds since it began), which side, and what.

    `tie` joins a first yellow card to the second one that follows: the same player gets both.
    """

    period: int
    second: float
    side: int
    what: What
    tie: int = 0


@dataclass(frozen=True)
class Plan:
    """What happens in a match, by period and time, and how the ball is shared.

    Attributes:
        happenings: In order of time.
        passes: Passes of both teams together in 90 minutes and stoppage.
        share: The home team's share of them, with equal men.
    """

    happenings: tuple[Planned, ...]
    passes: float
    share: float


# Attempts a team takes that do not score, penalties apart, for strengths of the average fixture.
_MISSES: Final = (10.97, 8.55)
_MISSES_OWN: Final = 0.32
"""Power of a team's own strength in its misses; a stronger team's further shots are its goals."""
_MISSES_OPPONENT: Final = -0.10
_AVERAGE: Final = (1.46, 1.08)
_DOMINANCE: Final = 0.20
"""Standard deviation of the log of what the better side of the day gains in misses, and the other loses."""
_MISS_BINS: Final = (
    (0.70, 0.91, 0.91, 0.96, 0.93, 1.01, 0.99, 0.97, 1.03, 1.15),
    (0.91, 1.08, 1.04, 1.02, 1.05, 1.02, 1.05, 1.06, 1.06, 1.17),
)
_MISS_SCORE: Final = (1.14, 1.10, 1.00, 0.92, 0.90)
_MISS_MEN: Final = {-2: 0.60, -1: 0.75, 0: 1.0, 1: 1.25, 2: 1.5}

_FOULS: Final = (10.6, 10.7)
"""Fouls that bring no card, no penalty and no free-kick shot."""
_FOULS_SD: Final = 0.27
_YELLOWS: Final = (1.755, 1.99)
"""Yellow cards of players who are not sent off later for a second one."""
_YELLOWS_SD: Final = 0.2
_YELLOW_BINS: Final = (
    (0.24, 0.33, 0.53, 0.53, 0.73, 0.81, 0.93, 0.95, 1.06, 1.06),
    (0.73, 1.01, 1.17, 1.21, 1.09, 1.10, 1.19, 1.27, 1.41, 1.93),
)
_MISSED_PENALTIES: Final = (0.046, 0.0355)
_CORNERS: Final = (5.45, 4.38)
_CORNERS_SD: Final = 0.30
_OFFSIDES: Final = (2.24, 2.04)
_OFFSIDES_SD: Final = 0.40

# Substitutions a team: chances of none, one, two, three; then where each falls, in bins of five minutes
# from 0 to 95; those of 45 to 50 are nearly all made at half-time.
_SUBSTITUTIONS: Final = (0.002, 0.014, 0.119, 0.865)
_SUBSTITUTION_BINS: Final = (
    4,
    22,
    29,
    33,
    36,
    46,
    52,
    69,
    49,
    546,
    200,
    576,
    995,
    1023,
    1239,
    1304,
    1256,
    862,
    200,
)
_HALF_TIME_BIN: Final = 9
_AT_HALF_TIME: Final = 0.88

_PASSES: Final = (857.0, 175.0)
_SHARE_LEVEL: Final = 0.05
_SHARE_STRENGTH: Final = 0.66
"""Log-odds of the home team's share for each unit of the log ratio of strengths, less the average one."""
_SHARE_DOMINANCE: Final = 1.2
_SHARE_SD: Final = 0.52
_SHARE_BOUNDS: Final = (0.12, 0.88)


def draw_plan(played: Played, strengths: Strengths, rng: Random) -> Plan:
    """Plan the only match of `played` around its goals and red cards."""
    lengths = [float(length) for length in played.lengths[0]]
    fixed = tuple(_fixed(played))
    relative = log(strengths.home / _AVERAGE[0]), log(strengths.away / _AVERAGE[1])
    dominance = rng.gauss(0, _DOMINANCE)
    course = _Course(fixed, lengths)
    found = [*fixed, *_first_yellows(fixed, rng)]
    for side in (0, 1):
        own, other = relative[side], relative[1 - side]
        edge = dominance if side == 0 else -dominance
        # exp of a normal has a mean above 1: half the variance takes it back.
        misses = _MISSES[side] * exp(_MISSES_OWN * own + _MISSES_OPPONENT * other + edge - _DOMINANCE**2 / 2)
        found += _scatter(course, side, What.MISS, misses, rng, bins=_MISS_BINS, reactive=True)
        pressure = exp(0.25 * own + edge - _DOMINANCE**2 / 2) * draw_gamma(rng, 1, _CORNERS_SD)
        found += _scatter(course, side, What.CORNER, _CORNERS[side] * pressure, rng, reactive=True)
        offsides = _OFFSIDES[side] * draw_gamma(rng, 1, _OFFSIDES_SD)
        found += _scatter(course, side, What.OFFSIDE, offsides, rng)
        found += _scatter(course, side, What.MISSED_PENALTY, _MISSED_PENALTIES[side], rng)
        fouls = _FOULS[side] * draw_gamma(rng, 1, _FOULS_SD)
        found += _scatter(course, side, What.FOUL, fouls, rng)
        found += _substitutions(course, side, rng)
    temper = draw_gamma(rng, 1, _YELLOWS_SD)
    for side in (0, 1):
        found += _scatter(course, side, What.YELLOW, _YELLOWS[side] * temper, rng, bins=_YELLOW_BINS)
    odds = _SHARE_LEVEL + _SHARE_STRENGTH * (relative[0] - relative[1])
    odds += _SHARE_DOMINANCE * dominance + rng.gauss(0, _SHARE_SD)
    share = min(max(1 / (1 + exp(-odds)), _SHARE_BOUNDS[0]), _SHARE_BOUNDS[1])
    passes = max(450.0, rng.gauss(*_PASSES))
    return Plan(tuple(sorted(found, key=lambda planned: planned[:3])), passes, share)


_FIXED = {
    Kind.GOAL: What.GOAL,
    Kind.PENALTY_GOAL: What.PENALTY_GOAL,
    Kind.OWN_GOAL: What.OWN_GOAL,
    Kind.STRAIGHT_RED: What.RED,
    Kind.SECOND_YELLOW: What.SECOND_YELLOW,
}
_GOALS = frozenset({What.GOAL, What.PENALTY_GOAL, What.OWN_GOAL})
_REDS = frozenset({What.RED, What.SECOND_YELLOW})


def _fixed(played: Played) -> Iterator[Planned]:
    rows = zip(played.period, played.second, played.side, played.kind, strict=True)
    for tie, (period, second, side, kind) in enumerate(rows, start=1):
        yield Planned(int(period), float(second), int(side), _FIXED[Kind(kind)], tie)


def _first_yellows(fixed: Sequence[Planned], rng: Random) -> Iterator[Planned]:
    for planned in fixed:
        if planned.what is What.SECOND_YELLOW:
            # Anywhere between kick-off and shortly before; in the second half often still in the first.
            clock = planned.second + HALF_SECONDS * (planned.period - 1)
            first = rng.uniform(0.05, 0.9) * clock
            period = min(1 + int(first // HALF_SECONDS), planned.period)
            yield Planned(
                period, first - HALF_SECONDS * (period - 1), planned.side, What.FIRST_YELLOW, planned.tie
            )


class _Course:
    """The bins of a match: how long each is, and which score and men it begins with."""

    def __init__(self, fixed: Sequence[Planned], lengths: Sequence[float]) -> None:
        self.lengths = lengths
        self.bins: list[tuple[int, int, float, float, int, int]] = []
        lead = extra = 0
        waiting = list(fixed)
        for period, length in enumerate(lengths, start=1):
            for bin_ in range(BINS_PER_HALF):
                start = float(bin_ * BIN_SECONDS)
                end = length if bin_ == BINS_PER_HALF - 1 else min(start + BIN_SECONDS, length)
                if end <= start:
                    break
                self.bins.append((period, bin_, start, end, lead, extra))
                while waiting and (waiting[0].period, waiting[0].second) < (period, end):
                    first = waiting.pop(0)
                    sign = 1 if first.side == 0 else -1
                    lead += sign * (first.what in _GOALS)
                    extra -= sign * (first.what in _REDS)


def _scatter(
    course: _Course,
    side: int,
    what: What,
    mean: float,
    rng: Random,
    *,
    bins: Sequence[Sequence[float]] | None = None,
    reactive: bool = False,
) -> Iterator[Planned]:
    """Draw happenings at a rate of `mean` in 5400 s; a reactive one follows the score and the men."""
    sign = 1 if side == 0 else -1
    for period, bin_, start, end, lead, extra in course.bins:
        rate = mean / (2 * HALF_SECONDS) * (bins[min(period, 2) - 1][bin_] if bins else 0.95)
        if reactive:
            rate *= _MISS_SCORE[min(max(sign * lead, -2), 2) + 2] * _MISS_MEN[min(max(sign * extra, -2), 2)]
        for _ in range(draw_count(rng, rate * (end - start))):
            yield Planned(period, rng.uniform(start, end), side, what)


def _substitutions(course: _Course, side: int, rng: Random) -> Iterator[Planned]:
    for _ in range(pick(rng, range(4), _SUBSTITUTIONS)):
        bin_ = pick(rng, range(len(_SUBSTITUTION_BINS)), _SUBSTITUTION_BINS)
        at_half_time = bin_ == _HALF_TIME_BIN and rng.random() < _AT_HALF_TIME
        clock = (
            0.0
            if at_half_time
            else (bin_ + rng.random()) * BIN_SECONDS - HALF_SECONDS * (bin_ >= _HALF_TIME_BIN)
        )
        period = 1 if bin_ < _HALF_TIME_BIN else 2
        yield Planned(period, min(clock, course.lengths[period - 1] - 5), side, What.SUBSTITUTION)
    if course.lengths[2]:
        yield Planned(3, rng.uniform(0, 800), side, What.SUBSTITUTION)
