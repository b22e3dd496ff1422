"""Ratings walked forward through results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from matchcast.forecast.archive import Results
from matchcast.forecast.ratings import Rating
from matchcast.forecast.walk import NATIONAL, Walk


def _results(rows: Sequence[tuple[str, str, str, int, int]], competition: str = "Cup") -> Results:
    days, home, away, home_goals, away_goals = zip(*rows, strict=True)
    return Results(
        np.array(days, dtype="datetime64[D]"),
        home,
        away,
        np.column_stack((home_goals, away_goals)),
        np.ones(len(rows), dtype=bool),
        [competition] * len(rows),
    )


def _before(results: Results, day: str, home: str = "A", away: str = "B") -> list[float]:
    walk = Walk(NATIONAL)
    found: list[float] = walk.before_each(results, np.array([day], dtype="datetime64[D]"), [home], [away])[
        0
    ].tolist()
    return found


def test_who_wins_is_rated_up_and_who_loses_down() -> None:
    walk = Walk(NATIONAL)
    walk.play(0, "A", "B", (3, 0), neutral=True, friendly=False)
    winner, loser = walk.rating("A"), walk.rating("B")
    assert winner.attack > 0 > loser.attack
    assert winner.defence > 0 > loser.defence


def test_no_match_is_rated_with_its_own_result_nor_with_a_later_one() -> None:
    past = [("2020-01-01", "A", "B", 2, 0)]
    for later in (
        [],
        [("2020-06-01", "A", "B", 0, 9)],
        [("2020-06-01", "A", "C", 9, 0), ("2021-01-01", "B", "A", 9, 0)],
    ):
        assert _before(_results([*past, *later]), "2020-06-01") == _before(_results(past), "2020-06-01")


def test_results_of_the_days_before_count() -> None:
    results = _results([("2020-01-01", "A", "B", 4, 0)])
    assert _before(results, "2020-01-01") == [0.0, 0.0]
    assert _before(results, "2020-01-02")[0] > 0.1


def test_matches_may_be_asked_for_in_any_order() -> None:
    results = _results([("2020-01-01", "A", "B", 4, 0), ("2020-02-01", "B", "A", 4, 0)])
    days = np.array(["2020-03-01", "2020-01-15", "2019-01-01"], dtype="datetime64[D]")
    together = Walk(NATIONAL).before_each(results, days, ["A"] * 3, ["B"] * 3)
    for row, day in zip(together, days, strict=True):
        assert row.tolist() == pytest.approx(_before(results, str(day)))


def test_a_friendly_moves_ratings_less() -> None:
    rows = [("2020-01-01", "A", "B", 4, 0)]
    friendly = _before(_results(rows, "Friendly"), "2021-01-01")[0]
    assert 0 < friendly < _before(_results(rows), "2021-01-01")[0]


def test_a_record_win_moves_no_more_than_a_clear_one() -> None:
    clear, record = (
        _before(_results([("2020-01-01", "A", "B", goals, 0)]), "2021-01-01") for goals in (5, 31)
    )
    assert clear == record


def test_ratings_become_surer_with_every_match() -> None:
    walk = Walk(NATIONAL)
    moves = []
    for day in range(0, 400, 40):
        before = walk.rating("A").attack
        walk.play(day, "A", "B", (3, 1), neutral=True, friendly=False)
        moves.append(abs(walk.rating("A").attack - before))
    assert moves == sorted(moves, reverse=True)


def test_a_walk_goes_on_from_known_ratings() -> None:
    walk = Walk(NATIONAL, {"A": Rating(1.0, 0.8)})
    assert walk.rating("A") == Rating(1.0, 0.8)
    assert walk.rating("B") == Rating(0.0, 0.0)
    walk.play(0, "A", "B", (0, 0), neutral=True, friendly=False)
    assert 0.0 < walk.rating("A").attack < 1.0


def test_teams_that_stopped_playing_are_left_out() -> None:
    walk = Walk(NATIONAL)
    walk.play(0, "A", "B", (1, 0), neutral=True, friendly=False)
    walk.play(5000, "C", "B", (1, 0), neutral=True, friendly=False)
    assert list(walk.ratings(since=1000)) == ["B", "C"]
