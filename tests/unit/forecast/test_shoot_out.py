"""Who wins a shoot-out."""

from __future__ import annotations

import pytest

from matchcast.forecast.shoot_out import SCORED, win_chance


def test_before_the_first_kick_it_is_even() -> None:
    assert win_chance(0, 0, 0, 0) == pytest.approx(0.5)


def test_it_is_over_when_the_other_cannot_catch_up() -> None:
    assert win_chance(3, 0, 3, 3) == 1.0
    assert win_chance(2, 4, 4, 4) == 0.0


def test_the_last_kick_of_a_pair_decides() -> None:
    assert win_chance(5, 4, 5, 4) == pytest.approx((1.0 - SCORED) + SCORED * 0.5)
    assert win_chance(7, 6, 7, 6) == pytest.approx((1.0 - SCORED) + SCORED * 0.5)


@pytest.mark.parametrize(("home", "away"), [(0, 1), (2, 3), (4, 4), (9, 8)])
def test_swapping_the_teams_mirrors(home: int, away: int) -> None:
    assert win_chance(home, away) == pytest.approx(1.0 - win_chance(away, home))


def test_impossible_counts_of_kicks_still_have_an_answer() -> None:
    assert win_chance(0, 0, 99, 0) == pytest.approx((1.0 - SCORED) * 0.5)
    assert win_chance(3, 99, 0, 0) == 0.0
