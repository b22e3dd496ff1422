"""States of matches to ask about: a hundred fixtures, at moments drawn with a fixed seed."""

from __future__ import annotations

import itertools
import random
from typing import Any

CLUBS = (
    *("Arsenal", "Chelsea", "Liverpool", "Manchester City", "Manchester United", "Tottenham Hotspur"),
    *("Everton", "Newcastle United", "Aston Villa", "West Ham United", "Leicester City"),
)
FIXTURES = list(itertools.permutations(CLUBS, 2))[:100]


def draw(count: int, seed: int = 2018) -> list[dict[str, Any]]:
    """Return states of the hundred fixtures, in turn, each at a moment of its own."""
    source = random.Random(seed)  # noqa: S311
    states = []
    for place in range(count):
        home, away = FIXTURES[place % len(FIXTURES)]
        minute = source.randrange(94)
        states.append(
            {
                "match": {"home_team": home, "away_team": away, "competition": "Premier League"},
                "period": 1 if minute < 45 else 2,
                "minute": minute,
                "second": source.randrange(60),
                "score": {"home": source.randrange(4), "away": source.randrange(4)},
                "men": {"home": 11, "away": 11 - (source.random() < 0.1)},
            }
        )
    return states
