"""How fast events follow each other."""

from __future__ import annotations

import pytest

from matchcast.produce.pace import Pace


@pytest.mark.parametrize(
    ("pace", "seconds"),
    [(Pace(30), 2.0), (Pace(1), 60.0), (Pace(0), 0.0), (Pace(delay=0.5), 0.5), (Pace(30, delay=0), 0.0)],
)
def test_a_minute_of_the_match_takes_what_the_pace_says(pace: Pace, seconds: float) -> None:
    assert pace.wait(100, 160) == seconds


def test_events_of_the_same_moment_are_not_apart() -> None:
    assert Pace(30).wait(100, 100) == 0
