"""Requests to show and to try, the same in the OpenAPI document, on the page and in the tests."""

from __future__ import annotations

from typing import Any

_FIXTURE = {"home_team": "Arsenal", "away_team": "Chelsea", "competition": "Premier League"}
_CUP_TIE = {"home_team": "France", "away_team": "Croatia", "neutral": True, "knockout": True}

AHEAD = {
    "match": _FIXTURE,
    "period": 2,
    "minute": 67,
    "second": 12,
    "score": {"home": 1, "away": 0},
    "men": {"home": 11, "away": 10},
}
BEFORE_KICK_OFF = {"match": _FIXTURE, "period": 0, "minute": 0, "score": {"home": 0, "away": 0}}
EXTRA_TIME = {"match": _CUP_TIE, "period": 3, "minute": 101, "score": {"home": 1, "away": 1}}
MOVED = {
    **AHEAD,
    "previous": {"period": 2, "minute": 61, "score": {"home": 0, "away": 0}},
}

PREDICT: dict[str, tuple[str, Any]] = {
    "ahead": ("One up with a man more", AHEAD),
    "before": ("Before kick-off", BEFORE_KICK_OFF),
    "extra_time": ("A cup tie in extra time, on neutral ground", EXTRA_TIME),
    "moved": ("What moved it: a goal and a red card", MOVED),
}

BATCH: dict[str, tuple[str, Any]] = {
    "three": ("Win, draw and loss of three matches", {"states": [AHEAD, BEFORE_KICK_OFF, EXTRA_TIME]}),
    "more": (
        "The goals that are still expected, too",
        {"states": [AHEAD, EXTRA_TIME], "include": ["expected_goals", "advance"]},
    ),
}

EVENTS: dict[str, tuple[str, Any]] = {
    "goal": (
        "Kick-off and a goal",
        {
            "match": _FIXTURE,
            "events": [
                {
                    "id": 1,
                    "period": 1,
                    "minute": 0,
                    "second": 0,
                    "type": {"name": "Half Start"},
                    "team": {"name": "Arsenal"},
                },
                {
                    "id": 2,
                    "period": 1,
                    "minute": 23,
                    "second": 41,
                    "type": {"name": "Shot"},
                    "team": {"name": "Chelsea"},
                    "player": {"name": "Cole Palmer"},
                    "shot": {"outcome": {"name": "Goal"}, "xG": 0.31},
                },
            ],
        },
    ),
}
