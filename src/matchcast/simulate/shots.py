"""Shots: from where, how, with what chance, and how they end.

Distances and bearings have the quantiles of 38,500 real shots; a shot's chance is the logit that was
fitted to them. A shot that is known to score or to miss is drawn among all shots by its chance, so that
goals come from better chances and the shots of a match as a whole keep the real distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, exp, log, pi, radians, sin
from random import Random
from typing import Final, Literal

How = Literal["Open Play", "Free Kick", "Penalty"]
Outcome = Literal["Goal", "Saved", "Blocked", "Off T", "Post"]
Point = tuple[float, float]

PITCH_METRES: Final = (105.0, 68.0)
PITCH: Final = (120.0, 80.0)
"""StatsBomb's pitch: x towards the goal that is attacked, y from left to right."""
GOAL_METRES: Final = 7.32
PENALTY_SPOT: Final = (108.0, 40.0)

PENALTY_CHANCE: Final = 0.7264
FREE_KICK_CHANCE: Final = 0.0619
FREE_KICK_SHARE_OF_GOALS: Final = 0.0287
FREE_KICK_SHARE_OF_MISSES: Final = 0.0502
HEADED_SHARE: Final = 0.161
LEFT_FOOT_SHARE: Final = 0.36
COUNTER_SHARE: Final = 0.0557

# Logit of a shot in open play: constant, metres, log metres, angle that the goal shows (rad), head,
# head x metres, counter-attack.
_LOGIT: Final = (-0.25285, -0.08721, -0.40751, 1.38535, -1.06175, 0.00946, 0.59375)

Curve = tuple[tuple[float, float], ...]
"""Points (share, quantile) between which a quantile function is straight."""

_FOOT_METRES: Curve = (
    (0, 2), (0.01, 4.6), (0.05, 8.1), (0.1, 10.6), (0.25, 14.2), (0.5, 19.3), (0.75, 26.3), (0.9, 30.5),
    (0.95, 32.7), (0.99, 38.2), (1, 48),
)  # fmt: skip
_HEAD_METRES: Curve = (
    (0, 2), (0.01, 3.4), (0.05, 5.3), (0.1, 6.4), (0.25, 8.4), (0.5, 10.5), (0.75, 12.6), (0.9, 14.3),
    (0.95, 15.6), (0.99, 18.4), (1, 22),
)  # fmt: skip
_FREE_KICK_METRES: Curve = (
    (0, 18),
    (0.05, 21.2),
    (0.25, 25.5),
    (0.5, 28.4),
    (0.75, 30.8),
    (0.95, 35.3),
    (1, 38),
)
# Degrees off the middle of the goal, up to a distance in metres.
_FOOT_BEARINGS: tuple[tuple[float, Curve], ...] = (
    (12, ((0, 0), (0.1, 5), (0.25, 14), (0.5, 28), (0.75, 47), (0.9, 61), (0.97, 73), (1, 80))),
    (16, ((0, 0), (0.1, 8), (0.25, 19), (0.5, 33), (0.75, 47), (0.9, 59), (0.97, 70), (1, 78))),
    (20, ((0, 0), (0.1, 5), (0.25, 19), (0.5, 39), (0.75, 49), (0.9, 57), (0.97, 65), (1, 75))),
    (25, ((0, 0), (0.1, 5), (0.25, 13), (0.5, 24), (0.75, 36), (0.9, 48), (0.97, 56), (1, 65))),
    (99, ((0, 0), (0.1, 3), (0.25, 9), (0.5, 19), (0.75, 29), (0.9, 37), (0.97, 44), (1, 52))),
)  # fmt: skip
_HEAD_BEARINGS: tuple[tuple[float, Curve], ...] = (
    (6, ((0, 0), (0.1, 7), (0.25, 15), (0.5, 27), (0.75, 44), (0.9, 52), (0.97, 66), (1, 75))),
    (12, ((0, 0), (0.1, 4), (0.25, 10), (0.5, 21), (0.75, 36), (0.9, 51), (0.97, 64), (1, 72))),
    (99, ((0, 0), (0.1, 6), (0.25, 16), (0.5, 28), (0.75, 40), (0.9, 51), (0.97, 62), (1, 70))),
)  # fmt: skip
_FREE_KICK_BEARINGS: tuple[tuple[float, Curve], ...] = (
    (99, ((0, 0), (0.1, 4), (0.5, 22), (0.9, 43), (1, 55))),
)


@dataclass(frozen=True)
class Attempt:
    """A shot as it is taken: where on StatsBomb's pitch, how, with which chance to score."""

    location: Point
    how: How
    body_part: Literal["Head", "Left Foot", "Right Foot"]
    chance: float
    counter: bool
    outcome: Outcome

    @property
    def headed(self) -> bool:
        """Whether it is a header."""
        return self.body_part == "Head"

    @property
    def end_location(self) -> Point:
        """Where the ball ends, roughly: in the goal, at a defender, or beside the posts."""
        x, y = self.location
        if self.outcome == "Blocked":
            return (round((2 * x + PITCH[0]) / 3, 1), round((2 * y + PITCH[1] / 2) / 3, 1))
        aside = {"Goal": 2.6, "Saved": 1.8, "Post": 4.0}.get(self.outcome, 7.0)
        return (PITCH[0], round(PITCH[1] / 2 + (aside if y < PITCH[1] / 2 else -aside), 1))


def draw_attempt(rng: Random, *, scores: bool, penalty: bool = False) -> Attempt:
    """Draw a shot that scores, or one that does not."""
    if penalty:
        foot: Literal["Left Foot", "Right Foot"] = "Left Foot" if rng.random() < 0.25 else "Right Foot"
        outcome: Outcome = "Goal" if scores else "Saved" if rng.random() < 0.72 else "Off T"
        return Attempt(PENALTY_SPOT, "Penalty", foot, PENALTY_CHANCE, False, outcome)
    if rng.random() < (FREE_KICK_SHARE_OF_GOALS if scores else FREE_KICK_SHARE_OF_MISSES):
        metres = _at(_FREE_KICK_METRES, rng.random())
        location = _locate(rng, metres, _FREE_KICK_BEARINGS)
        outcome = "Goal" if scores else _draw_miss(rng, metres, headed=False)
        return Attempt(location, "Free Kick", _draw_foot(rng), FREE_KICK_CHANCE, False, outcome)
    while True:
        headed = rng.random() < HEADED_SHARE
        metres = _at(_HEAD_METRES if headed else _FOOT_METRES, rng.random())
        location = _locate(rng, metres, _HEAD_BEARINGS if headed else _FOOT_BEARINGS)
        counter = rng.random() < COUNTER_SHARE
        chance = chance_of(location, headed=headed, counter=counter)
        if rng.random() < (chance if scores else 1 - chance):
            break
    body_part = "Head" if headed else _draw_foot(rng)
    outcome = "Goal" if scores else _draw_miss(rng, metres, headed=headed)
    return Attempt(location, "Open Play", body_part, round(chance, 6), counter, outcome)


def chance_of(location: Point, *, headed: bool, counter: bool) -> float:
    """Return the chance that a shot from a place in open play scores."""
    ahead = max((PITCH[0] - location[0]) / PITCH[0] * PITCH_METRES[0], 0.3)
    aside = (location[1] - PITCH[1] / 2) / PITCH[1] * PITCH_METRES[1]
    metres = max((ahead**2 + aside**2) ** 0.5, 0.7)
    angle = atan2(GOAL_METRES * ahead, ahead**2 + aside**2 - (GOAL_METRES / 2) ** 2) % pi
    constant, far, log_far, wide, head, head_far, fast = _LOGIT
    logit = constant + far * metres + log_far * log(metres) + wide * angle
    logit += (head + head_far * metres) * headed + fast * counter
    return 1 / (1 + exp(-logit))


def _locate(rng: Random, metres: float, bearings: tuple[tuple[float, Curve], ...]) -> Point:
    curve = next(curve for limit, curve in bearings if metres <= limit)
    bearing = radians(_at(curve, rng.random())) * (1 if rng.random() < 0.5 else -1)
    x = PITCH[0] - metres * cos(bearing) / PITCH_METRES[0] * PITCH[0]
    y = PITCH[1] / 2 + metres * sin(bearing) / PITCH_METRES[1] * PITCH[1]
    return (round(x, 1), round(min(max(y, 0.5), PITCH[1] - 0.5), 1))


def _draw_foot(rng: Random) -> Literal["Left Foot", "Right Foot"]:
    return "Left Foot" if rng.random() < LEFT_FOOT_SHARE else "Right Foot"


def _draw_miss(rng: Random, metres: float, *, headed: bool) -> Outcome:
    # Blocked: a twentieth of the headers; by foot more with distance, up to a third from 15 m on.
    blocked = 0.05 if headed else min(0.03 + 0.019 * metres, 0.32)
    saved = 0.32 if metres < 18 else 0.25
    drawn = rng.random()
    if drawn < blocked:
        return "Blocked"
    if drawn < blocked + saved:
        return "Saved"
    return "Post" if drawn < blocked + saved + 0.02 else "Off T"


def _at(curve: Curve, share: float) -> float:
    """Return the quantile of a share, 0 to 1."""
    for (left, low), (right, high) in pairwise(curve):
        if share <= right:
            return low + (high - low) * (share - left) / (right - left)
    return curve[-1][1]
