"""Dressed matches: event lists like StatsBomb's that fold to what the simulator played."""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest

from matchcast.events.record import Event, MatchInfo, Strengths, decode
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.simulate.errors import NotSimulated
from matchcast.simulate.match import simulate
from matchcast.simulate.play import play

PERIOD_STARTS = {1: 0, 2: 45, 3: 90, 4: 105, 5: 120}
LEAGUE = [(seed, False) for seed in range(12)]
CUP = [(seed, True) for seed in range(12)]


def a_match(seed: int, *, knockout: bool = False, home: float = 1.5, away: float = 1.2) -> MatchInfo:
    return MatchInfo(
        id="alpha_beta",
        home_team="Alpha",
        away_team="Beta",
        strengths=Strengths(home, away),
        knockout=knockout,
        origin="simulated",
        seed=seed,
    )


def records_of(match: MatchInfo) -> list[dict[str, Any]]:
    return [moment.record for moment in simulate(match)]


def fold(match: MatchInfo, records: list[dict[str, Any]]) -> Summary:
    state = MatchState(match.id, match)
    for record in records:
        assert state.apply(msgspec.convert(record, Event))
    return summarise(state)


def test_the_same_match_gives_the_same_bytes_and_another_seed_others() -> None:
    one, two, other = (b"\n".join(map(msgspec.json.encode, records_of(a_match(seed)))) for seed in (3, 3, 4))
    assert one == two
    assert one != other


@pytest.mark.parametrize(("seed", "knockout"), [*LEAGUE, *CUP])
def test_the_events_fold_to_the_score_that_was_played(seed: int, knockout: bool) -> None:
    match = a_match(seed, knockout=knockout)
    played = play(np.array([[1.5, 1.2]]), np.random.default_rng(seed), knockout=knockout)
    summary = fold(match, records_of(match))
    assert (summary.score.home, summary.score.away) == tuple(played.score[0])
    assert summary.full_time_score is not None
    assert (summary.full_time_score.home, summary.full_time_score.away) == tuple(played.score_at_90[0])
    assert summary.status == "finished"


@pytest.mark.parametrize(("seed", "knockout"), [*LEAGUE, *CUP])
def test_ids_indexes_and_clock_are_those_of_a_real_file(seed: int, knockout: bool) -> None:
    records = records_of(a_match(seed, knockout=knockout))
    assert [record["index"] for record in records] == list(range(1, len(records) + 1))
    assert len({record["id"] for record in records}) == len(records)
    before = (0, "")
    for record in records:
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", record["timestamp"])
        hours, minutes, seconds = record["timestamp"].split(":")
        whole_minutes = int(hours) * 60 + int(minutes)
        assert record["minute"] == PERIOD_STARTS[record["period"]] + whole_minutes
        assert record["second"] == int(float(seconds))
        assert (record["period"], record["timestamp"]) >= before
        before = (record["period"], record["timestamp"])
        decode(msgspec.json.encode(record))


def test_stoppage_of_the_first_half_overlaps_the_minutes_of_the_second() -> None:
    minutes = {
        period: [r["minute"] for r in records_of(a_match(1)) if r["period"] == period] for period in (1, 2)
    }
    assert max(minutes[1]) >= 45
    assert min(minutes[2]) == 45


def test_a_match_begins_with_line_ups_and_ends_with_the_whistle() -> None:
    records = records_of(a_match(2))
    names = [record["type"]["name"] for record in records]
    assert names[:4] == ["Starting XI", "Starting XI", "Half Start", "Half Start"]
    assert names[-3:] == ["Half End", "Half End", "Match End"]
    assert {record["team"]["name"] for record in records[:2]} == {"Alpha", "Beta"}
    assert all(len(record["tactics"]["lineup"]) == 11 for record in records[:2])
    assert all(record["match"]["id"] == "alpha_beta" for record in records)


def test_moments_never_go_back_and_half_time_passes_between_the_halves() -> None:
    moments = list(simulate(a_match(5)))
    times = [moment.at for moment in moments]
    assert times == sorted(times)
    first_half = max(m.at for m in moments if m.record["period"] == 1)
    second_half = min(m.at for m in moments if m.record["period"] == 2)
    assert second_half - first_half >= 60


@pytest.mark.parametrize("seed", range(30))
def test_nobody_plays_who_is_not_on_the_pitch(seed: int) -> None:
    on_pitch: dict[str, set[str]] = {}
    for record in records_of(a_match(seed, knockout=True)):
        team, kind = record["team"]["name"], record["type"]["name"]
        if kind == "Starting XI":
            on_pitch[team] = {place["player"]["name"] for place in record["tactics"]["lineup"]}
            continue
        if "player" in record:
            assert record["player"]["name"] in on_pitch[team], (record["minute"], kind)
        if kind == "Substitution":
            on_pitch[team].remove(record["player"]["name"])
            on_pitch[team].add(record["substitution"]["replacement"]["name"])
        card = (record.get("foul_committed") or record.get("bad_behaviour") or {}).get("card", {}).get("name")
        if card in ("Second Yellow", "Red Card"):
            on_pitch[team].remove(record["player"]["name"])


def test_a_second_yellow_card_follows_a_first_one_of_the_same_player() -> None:
    second = 0
    for seed in range(80):
        booked = set()
        for record in records_of(a_match(seed)):
            card = (record.get("foul_committed") or record.get("bad_behaviour") or {}).get("card", {})
            if card.get("name") == "Yellow Card":
                assert record["player"]["name"] not in booked
                booked.add(record["player"]["name"])
            elif card.get("name") == "Second Yellow":
                assert record["player"]["name"] in booked
                second += 1
    assert second > 0


def test_locations_lie_on_the_pitch_and_shots_near_the_goal_that_is_attacked() -> None:
    for seed in range(5):
        for record in records_of(a_match(seed)):
            if "location" in record:
                x, y = record["location"]
                assert 0 <= x <= 120
                assert 0 <= y <= 80
            if record["type"]["name"] == "Shot":
                assert record["location"][0] > 60
                assert 0 < record["shot"]["statsbomb_xg"] < 1


def test_a_level_cup_tie_goes_to_penalties_that_one_side_wins() -> None:
    seen = 0
    for seed in range(60):
        match = a_match(seed, knockout=True)
        summary = fold(match, records_of(match))
        if summary.shoot_out is None:
            assert summary.score.home != summary.score.away
            continue
        seen += 1
        assert summary.score.home == summary.score.away
        assert summary.shoot_out.home != summary.shoot_out.away
        kicks = Counter(entry.side for entry in summary.timeline if entry.kind.startswith("shoot_out"))
        assert abs(kicks["home"] - kicks["away"]) <= 2
        assert max(kicks.values()) >= 3
    assert seen > 3


def test_shuffled_and_repeated_events_fold_to_the_same_match() -> None:
    match = a_match(9)
    records = records_of(match)
    shuffled = [*records, *records[::3]]
    Random(1).shuffle(shuffled)
    state = MatchState(match.id, match)
    for record in shuffled:
        state.apply(msgspec.convert(record, Event))
    assert summarise(state) == fold(match, records)


def test_a_match_has_between_800_and_3_000_events() -> None:
    lengths = [len(records_of(a_match(seed))) for seed in range(20)]
    assert min(lengths) > 800
    assert max(lengths) < 3000
    assert 1400 < np.mean(lengths) < 2200


def test_a_match_without_seed_or_strengths_is_refused_with_a_sentence() -> None:
    match = a_match(1)
    for broken in ({"seed": None}, {"strengths": None}):
        with pytest.raises(NotSimulated, match="cannot be simulated"):
            next(simulate(msgspec.structs.replace(match, **broken)))


def test_teams_of_any_strength_can_be_played() -> None:
    for home, away in ((0.05, 6.0), (12.0, 0.01), (20.0, 20.0)):
        match = a_match(3, home=home, away=away)
        assert fold(match, records_of(match)).status == "finished"
