"""The ledger: no match id is ever given twice."""

from __future__ import annotations

import msgspec

from matchcast.produce.ledger import Ledger, merge
from matchcast.simulate.fixtures import SEASON, base_id


def test_a_season_gives_each_fixture_its_plain_id_and_the_next_season_adds_2() -> None:
    ledger = Ledger()
    first = [ledger.take_listed() for _ in SEASON]
    second = [ledger.take_listed() for _ in SEASON]
    assert first == [base_id(*fixture) for fixture in SEASON]
    assert second == [f"{match_id}_2" for match_id in first]


def test_a_match_beside_the_list_counts_as_a_meeting() -> None:
    ledger = Ledger()
    assert ledger.take("arsenal_chelsea") == "arsenal_chelsea"
    listed = [ledger.take_listed() for _ in range(2)]
    assert listed == ["man_utd_liverpool", "arsenal_chelsea_2"]
    assert ledger.take("arsenal_chelsea") == "arsenal_chelsea_3"


def test_ids_of_three_seasons_with_wishes_between_are_all_different() -> None:
    ledger, given = Ledger(), []
    for place in range(3 * len(SEASON)):
        given.append(ledger.take_listed())
        if place % 7 == 0:
            given.append(ledger.take(base_id(*SEASON[place % len(SEASON)])))
    assert len(set(given)) == len(given)


def test_what_two_producers_know_is_known_together() -> None:
    one, two = Ledger(12, {"a_b": 1, "c_d": 4}), Ledger(9, {"a_b": 3})
    merged = merge([one, two])
    assert merged == Ledger(12, {"a_b": 3, "c_d": 4})
    assert one == Ledger(12, {"a_b": 1, "c_d": 4})


def test_a_ledger_is_short_however_many_matches_were_played() -> None:
    ledger = Ledger()
    for _ in range(10_000):
        ledger.take_listed()
    assert len(msgspec.json.encode(ledger)) < 100
