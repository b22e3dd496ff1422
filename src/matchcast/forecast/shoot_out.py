"""Shoot-outs: who wins from penalties, scored and taken so far."""

from __future__ import annotations

from functools import lru_cache

SCORED = 0.75
"""Chance that a penalty of a shoot-out goes in; the same for both teams: nothing tells them apart."""

ROUNDS = 5


def win_chance(home: int, away: int, home_kicks: int | None = None, away_kicks: int | None = None) -> float:
    """Probability that the home team wins the shoot-out.

    Args:
        home: Penalties that the home team scored.
        away: Penalties that the away team scored.
        home_kicks: Penalties that the home team took; unknown: as many as its goals allow at least.
        away_kicks: The same of the away team.
    """
    least = max(home, away)
    home_taken = max(least if home_kicks is None else home_kicks, home)
    away_taken = max(least if away_kicks is None else away_kicks, away)
    # Teams take turns: whatever was reported, neither is more than one kick behind.
    home_taken, away_taken = max(home_taken, away_taken - 1), max(away_taken, home_taken - 1)
    return _chance(home - away, home_taken, away_taken)


@lru_cache(maxsize=4096)
def _chance(lead: int, home_taken: int, away_taken: int) -> float:
    """Chance of the home team, given its lead and the kicks taken by each."""
    rounds = max(ROUNDS, home_taken, away_taken)
    home_left, away_left = rounds - home_taken, rounds - away_taken
    if lead > away_left:
        return 1.0
    if -lead > home_left:
        return 0.0
    if home_left == away_left == 0:
        return 0.5
    if home_left == away_left:  # who kicks first is not known: either order
        return 0.5 * (
            _after_home_kick(lead, home_taken, away_taken) + _after_away_kick(lead, home_taken, away_taken)
        )
    if home_left > away_left:
        return _after_home_kick(lead, home_taken, away_taken)
    return _after_away_kick(lead, home_taken, away_taken)


def _after_home_kick(lead: int, home_taken: int, away_taken: int) -> float:
    scored = _chance(lead + 1, home_taken + 1, away_taken)
    return SCORED * scored + (1.0 - SCORED) * _chance(lead, home_taken + 1, away_taken)


def _after_away_kick(lead: int, home_taken: int, away_taken: int) -> float:
    scored = _chance(lead - 1, home_taken, away_taken + 1)
    return SCORED * scored + (1.0 - SCORED) * _chance(lead, home_taken, away_taken + 1)
