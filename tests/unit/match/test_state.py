"""The fold: each rule of football that the score, the clock and the men depend on."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchcast.events.record import Event, MatchInfo, decode
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.match.view import Score

HOME, AWAY = "Rovers", "City"
LEAGUE = MatchInfo("m", HOME, AWAY)
CUP = MatchInfo("m", HOME, AWAY, knockout=True)
_ids: Iterator[int] = itertools.count(1)


def event(kind: str, team: str = HOME, period: int = 1, minute: int = 10, **fields: object) -> Event:
    record = {
        "id": next(_ids),
        "period": period,
        "minute": minute,
        "second": 0,
        "type": {"name": kind},
        "team": {"name": team},
        **fields,
    }
    return decode(msgspec.json.encode(record))


def shot(team: str, outcome: str = "Goal", kind: str = "Open Play", **fields: object) -> Event:
    return event(
        "Shot", team, shot={"outcome": {"name": outcome}, "type": {"name": kind}, "xG": 0.1}, **fields
    )  # type: ignore[arg-type]


def card(name: str, player: str, team: str = HOME, **fields: object) -> Event:
    return event(
        "Foul Committed", team, player={"name": player}, foul_committed={"card": {"name": name}}, **fields
    )  # type: ignore[arg-type]


def fold(*events: Event, info: MatchInfo | None = LEAGUE) -> Summary:
    state = MatchState("m", info)
    for one in events:
        state.apply(one)
    return summarise(state)


def test_goals_count_for_the_team_that_shoots() -> None:
    assert fold(shot(HOME), shot(AWAY), shot(AWAY), shot(AWAY, "Saved")).score == Score(1, 2)


def test_an_own_goal_counts_once_and_for_the_other_team() -> None:
    summary = fold(event("Own Goal Against", HOME), event("Own Goal For", AWAY))
    assert summary.score == Score(0, 1)
    assert [entry.kind for entry in summary.timeline] == ["own_goal"]
    assert summary.statistics.away.shots == 0


def test_an_own_goal_is_told_with_the_player_who_scored_it_whichever_record_comes_first() -> None:
    against, scored = event("Own Goal Against", HOME, player={"name": "Smith"}), event("Own Goal For", AWAY)
    for records in ((against, scored), (scored, against)):
        (entry,) = fold(*records).timeline
        assert (entry.kind, entry.side, entry.player) == ("own_goal", "away", "Smith")


def test_a_penalty_in_play_counts_and_one_in_the_shoot_out_does_not() -> None:
    summary = fold(
        shot(HOME, kind="Penalty", minute=30),
        shot(AWAY, minute=60, period=2),
        shot(HOME, kind="Penalty", period=5, minute=120),
        shot(AWAY, "Saved", kind="Penalty", period=5, minute=120),
        info=CUP,
    )
    assert summary.score == Score(1, 1)
    assert summary.shoot_out == Score(1, 0)
    assert summary.statistics.home.shots == 1
    assert summary.full_time_score == Score(1, 1)


def test_half_time_full_time_and_extra_time_scores_are_kept_apart() -> None:
    summary = fold(
        shot(HOME, period=1, minute=46),
        shot(AWAY, period=2, minute=45),
        shot(HOME, period=4, minute=118),
        info=CUP,
    )
    assert summary.half_time_score == Score(1, 0)
    assert summary.full_time_score == Score(1, 1)
    assert summary.score == Score(2, 1)


def test_stoppage_of_the_first_half_comes_before_the_second_half() -> None:
    summary = fold(event("Pass", period=2, minute=45), event("Pass", period=1, minute=47))
    assert (summary.period, summary.minute, summary.clock) == (2, 45, "46")
    assert fold(event("Pass", period=1, minute=47)).clock == "45+3"
    assert fold(event("Pass", period=2, minute=90)).clock == "90+1"
    assert fold(event("Pass", period=4, minute=121)).clock == "120+2"


def test_a_second_yellow_sends_a_player_off() -> None:
    summary = fold(card("Yellow Card", "Smith"), card("Second Yellow", "Smith", minute=50, period=2))
    assert (summary.men.home, summary.men.away) == (10, 11)
    assert summary.statistics.home.yellow_cards == 1
    assert summary.statistics.home.red_cards == 1


def test_two_plain_yellows_of_a_player_are_a_second_yellow() -> None:
    summary = fold(card("Yellow Card", "Smith"), card("Yellow Card", "Smith", minute=50, period=2))
    assert summary.men.home == 10
    assert [entry.kind for entry in summary.timeline] == ["yellow_card", "second_yellow"]
    assert fold(card("Yellow Card", "Smith"), card("Yellow Card", "Smith", AWAY)).men.home == 11


def test_a_player_is_sent_off_once() -> None:
    summary = fold(card("Second Yellow", "Smith"), card("Red Card", "Smith", minute=11))
    assert summary.men.home == 10


def test_a_red_card_for_somebody_off_the_pitch_leaves_no_gap() -> None:
    substitution = event(
        "Substitution", player={"name": "Smith"}, substitution={"replacement": {"name": "Jones"}}
    )
    assert fold(substitution, card("Red Card", "Smith", minute=20)).men.home == 11
    assert fold(substitution, card("Red Card", "Jones", minute=20)).men.home == 10
    eleven = event("Starting XI", minute=0, tactics={"lineup": [{"player": {"name": "Smith"}}]})
    assert fold(eleven, card("Red Card", "Coach")).men.home == 11


def test_a_player_who_leaves_hurt_and_comes_back_is_counted() -> None:
    off = event("Player Off", player={"name": "Smith"})
    on = event("Player On", player={"name": "Smith"}, minute=12)
    assert fold(off).men.home == 10
    assert fold(off, on).men.home == 11


def test_a_substitute_makes_up_for_a_player_who_left_hurt() -> None:
    off = event("Player Off", player={"name": "Smith"})
    substitution = event(
        "Substitution", minute=14, player={"name": "Smith"}, substitution={"replacement": {"name": "Jones"}}
    )
    assert fold(off, substitution).men.home == 11
    assert fold(off, substitution, card("Red Card", "Jones", minute=20)).men.home == 10
    assert fold(substitution, off).men.home == 11


def test_a_substitution_does_not_bring_back_who_was_sent_off() -> None:
    substitution = event(
        "Substitution", minute=14, player={"name": "Smith"}, substitution={"replacement": {"name": "Jones"}}
    )
    assert fold(card("Red Card", "Smith"), substitution).men.home == 10


@pytest.mark.parametrize(
    ("info", "last_period", "goals", "status"),
    [
        (LEAGUE, 1, [], "half_time"),
        (LEAGUE, 2, [], "finished"),
        (CUP, 2, [HOME], "finished"),
        (CUP, 2, [], "half_time"),
        (CUP, 4, [], "half_time"),
        (CUP, 5, [], "finished"),
    ],
)
def test_the_end_of_a_period_ends_the_match_when_it_decides_it(
    info: MatchInfo, last_period: int, goals: list[str], status: str
) -> None:
    minute = {1: 46, 2: 93, 4: 121, 5: 120}[last_period]
    ends = [event("Half End", team, last_period, minute) for team in (HOME, AWAY)]
    assert fold(*[shot(team) for team in goals], *ends, info=info).status == status


def test_play_after_a_period_that_seemed_the_last_goes_on() -> None:
    end = event("Half End", period=2, minute=93)
    assert fold(end, event("Pass", period=3, minute=90)).status == "live"


def test_an_abandoned_match_is_not_a_finished_one() -> None:
    assert fold(event("Match End", match_end={"reason": "abandoned"})).status == "abandoned"
    assert fold(event("Match End")).status == "finished"


def test_statistics_count_passes_corners_offsides_and_possession() -> None:
    summary = fold(
        event("Pass", HOME),
        event("Pass", HOME, **{"pass": {"outcome": {"name": "Incomplete"}, "type": {"name": "Corner"}}}),  # type: ignore[arg-type]
        event("Pass", HOME, **{"pass": {"outcome": {"name": "Pass Offside"}}}),  # type: ignore[arg-type]
        event("Pass", AWAY),
        event("Offside", AWAY),
    )
    home, away = summary.statistics.home, summary.statistics.away
    assert (home.passes, home.passes_completed, home.corners, home.offsides) == (3, 1, 1, 1)
    assert (home.possession, away.possession) == (0.75, 0.25)
    assert away.offsides == 1


def test_a_repeat_changes_nothing_and_an_id_is_unique_by_its_type() -> None:
    goal = shot(HOME)
    state = MatchState("m", LEAGUE)
    assert state.apply(goal)
    before = summarise(state)
    assert not state.apply(goal)
    assert summarise(state) == before
    as_text = msgspec.structs.replace(goal, id=str(goal.id))
    assert state.apply(as_text)


def test_a_match_that_was_not_named_takes_its_teams_from_the_events_and_says_so() -> None:
    summary = fold(shot(HOME), event("Pass", AWAY), info=None)
    assert summary.incomplete
    assert (summary.match.home_team, summary.match.away_team) == (AWAY, HOME)
    assert summary.score == Score(0, 1)
    lonely = fold(shot(HOME), info=None)
    assert (lonely.match.home_team, lonely.match.away_team) == (HOME, "Opponent not known")


def test_a_match_that_is_named_late_keeps_what_came_before() -> None:
    late = event("Pass", AWAY, match=msgspec.to_builtins(LEAGUE))
    summary = fold(shot(HOME), late, info=None)
    assert not summary.incomplete
    assert summary.score == Score(1, 0)


def _a_match() -> list[Event]:
    return [
        *(
            shot(random.Random(n).choice([HOME, AWAY]), minute=n % 90, period=1 + n % 90 // 45)
            for n in range(9)
        ),
        *(event("Pass", HOME, minute=n, location=[100, 40]) for n in range(20)),
        *(event("Foul Committed", AWAY, minute=n) for n in range(5)),
        card("Yellow Card", "Smith"),
        card("Second Yellow", "Smith", minute=70, period=2),
        event("Half End", minute=46),
        event("Half End", period=2, minute=94),
    ]


MATCH = _a_match()


@given(st.permutations(MATCH), st.lists(st.sampled_from(MATCH), max_size=30))
def test_shuffled_and_repeated_delivery_gives_the_same_state(order: list[Event], again: list[Event]) -> None:
    assert fold(*again, *order, *again) == fold(*MATCH)


def test_a_state_survives_being_written_and_read() -> None:
    state = MatchState("m", LEAGUE)
    for one in MATCH[:20]:
        state.apply(one)
    back = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=MatchState)
    for one in MATCH:
        back.apply(one)
    assert summarise(back) == fold(*MATCH)
