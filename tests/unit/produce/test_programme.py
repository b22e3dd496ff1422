"""What is played next: the list, the match of two named teams, recordings."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from matchcast.events.record import MatchInfo
from matchcast.produce.errors import AlreadyPlayed
from matchcast.produce.heartbeat import Running
from matchcast.produce.ledger import Ledger
from matchcast.produce.programme import Busy, FixtureList, OneMatch, Recordings
from matchcast.produce.recordings import cast_of
from matchcast.produce.wishes import Wish
from matchcast.sources.recording import Recording

NOBODY = Busy()


def recorded(match_id: str = "77") -> Recording:
    match = MatchInfo(id=match_id, home_team="Reds", away_team="Blues", origin="replay")
    record = {"id": "x", "minute": 0, "second": 0, "type": {"name": "Pass"}, "team": {"name": "Reds"}}
    return Recording(match, [record], Path("77.json"))


def test_the_list_gives_one_fixture_after_the_other() -> None:
    programme, ledger = FixtureList(1), Ledger()
    casts = [programme.next_cast(ledger, NOBODY) for _ in range(3)]
    assert [cast.match.id for cast in casts if cast] == [
        "man_utd_liverpool",
        "arsenal_chelsea",
        "man_city_tottenham",
    ]


def test_a_club_plays_one_match_at_a_time() -> None:
    programme, ledger = FixtureList(1), Ledger()
    first = programme.next_cast(ledger, NOBODY)
    assert first is not None
    ledger.next_fixture = 10  # chelsea_man_utd
    assert programme.next_cast(ledger, Busy(ours=(first.match,))) is None
    assert ledger.next_fixture == 10
    assert programme.next_cast(ledger, NOBODY) is not None


def test_a_fixture_that_somebody_else_plays_is_left_to_them() -> None:
    programme = FixtureList(1)
    other = OneMatch("Manchester United", "Liverpool", 2).next_cast(Ledger(), NOBODY)
    assert other is not None
    cast = programme.next_cast(Ledger(), Busy(theirs=(other.match,)))
    assert cast is not None
    assert cast.match.id == "arsenal_chelsea"


@pytest.mark.parametrize(
    ("home", "away", "match_id"),
    [
        ("Fulham", "Leeds", "fulham_leeds"),
        ("Brazil", "Peru", "brazil_peru"),
        ("Everton", None, "everton_liverpool"),
        (None, "Everton", "man_utd_everton"),
        (None, None, "man_utd_liverpool"),
    ],
)
def test_a_wish_is_granted_and_its_open_side_filled(
    home: str | None, away: str | None, match_id: str
) -> None:
    cast = FixtureList(1).grant(Wish("r1", home, away), Ledger(), NOBODY)
    assert cast is not None
    assert cast.match.id == match_id
    assert cast.request_id == "r1"


def test_a_wish_without_teams_takes_the_next_fixture_of_the_list() -> None:
    programme, ledger = FixtureList(1), Ledger()
    programme.grant(Wish("r1"), ledger, NOBODY)
    cast = programme.next_cast(ledger, NOBODY)
    assert cast is not None
    assert cast.match.id == "arsenal_chelsea"


def test_a_wish_that_cannot_be_is_refused() -> None:
    programme, ledger = FixtureList(1), Ledger()
    assert programme.grant(Wish("r1", "Leeds", "Leeds United"), ledger, NOBODY) is None
    cast = programme.grant(Wish("r2", "Fulham", "Leeds"), ledger, NOBODY)
    assert cast is not None
    assert programme.grant(Wish("r3", "Fulham", "Leeds"), ledger, Busy(ours=(cast.match,))) is None


def test_an_open_side_is_a_club_that_is_not_playing() -> None:
    programme, ledger = FixtureList(1), Ledger()
    running = programme.grant(Wish("r1", "Liverpool", "Arsenal"), ledger, NOBODY)
    assert running is not None
    cast = programme.grant(Wish("r2", "Everton", None), ledger, Busy(ours=(running.match,)))
    assert cast is not None
    assert cast.match.away_team not in ("Liverpool", "Arsenal", "Everton")


def test_two_named_teams_play_once_or_again_and_again() -> None:
    once, ledger = OneMatch("Brazil", "Peru", 1), Ledger()
    first = once.next_cast(ledger, NOBODY)
    assert first is not None
    assert once.next_cast(ledger, NOBODY) is None
    again = OneMatch("Brazil", "Peru", 1, endless=True)
    ids = [cast.match.id for _ in range(2) if (cast := again.next_cast(ledger, NOBODY))]
    assert ids == ["brazil_peru_2", "brazil_peru_3"]
    assert again.claims(Running(first.match, 0))
    assert not OneMatch("Peru", "Brazil", 1).claims(Running(first.match, 0))


def test_a_recording_that_was_played_before_gets_an_id_of_its_own() -> None:
    ledger = Ledger()
    ids = []
    for _ in range(2):
        cast = Recordings([cast_of(recorded())], fixed_id=False).next_cast(ledger, NOBODY)
        assert cast is not None
        assert next(cast.script()).record["match"]["id"] == cast.match.id
        ids.append(cast.match.id)
    assert ids == ["77", "77_2"]


def test_an_id_that_the_user_gave_is_never_changed() -> None:
    ledger = Ledger()
    assert Recordings([cast_of(recorded())], fixed_id=True).next_cast(ledger, NOBODY) is not None
    with pytest.raises(AlreadyPlayed, match="77 was played already"):
        Recordings([cast_of(recorded())], fixed_id=True).next_cast(ledger, NOBODY)


def test_a_recording_that_was_cut_short_goes_on_under_its_id() -> None:
    programme = Recordings([cast_of(recorded())], fixed_id=False)
    left = Running(msgspec.structs.replace(recorded().match, id="77_2"), 5)
    assert programme.claims(left)
    assert programme.revive(left).match.id == "77_2"
    programme.went_on(left)
    assert programme.next_cast(Ledger(), NOBODY) is None
    assert not Recordings([cast_of(recorded())], fixed_id=True).claims(left)
