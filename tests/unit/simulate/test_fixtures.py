"""The fixture list: who plays whom, under which id, and how strong they are."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from matchcast.events.record import decode
from matchcast.simulate.clubs import CLUBS, LONGEST_SLUG, club_of, expected_goals, slug_of
from matchcast.simulate.fixtures import SEASON, arrange, base_id
from matchcast.simulate.match import simulate
from matchcast.simulate.squads import squad_of

FIRST_FIVE = [
    "man_utd_liverpool",
    "arsenal_chelsea",
    "man_city_tottenham",
    "newcastle_aston_villa",
    "everton_west_ham",
]
NOW = datetime(2026, 8, 7, 14, 0, tzinfo=UTC)


def test_the_first_five_fixtures_are_the_known_ones() -> None:
    assert [base_id(*fixture) for fixture in SEASON[:5]] == FIRST_FIVE


def test_a_season_has_every_club_at_home_to_every_other_once_in_rounds() -> None:
    assert len(set(SEASON)) == len(SEASON) == 20 * 19
    assert all(count == 19 for count in Counter(home for home, _ in SEASON).values())
    for start in range(0, len(SEASON), 10):
        clubs = [club for fixture in SEASON[start : start + 10] for club in fixture]
        assert len(set(clubs)) == 20


def test_no_club_is_at_home_more_than_three_times_running() -> None:
    for club in CLUBS:
        run = longest = 0
        for home, away in SEASON:
            if club in (home, away):
                run = run + 1 if club is home else 0
                longest = max(longest, run)
        assert longest <= 3


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Manchester United", "man_utd"),
        ("Tottenham", "tottenham"),
        ("tottenham hotspur", "tottenham"),
        ("Brighton & Hove Albion", "brighton"),
        ("1. FC Köln", "1_fc_koln"),
        ("Côte d'Ivoire", "cote_d_ivoire"),
        ("Динамо", "team_414_438_43d_430_43c_43e"),
    ],
)
def test_every_team_name_has_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_slugs_of_the_clubs_are_their_own() -> None:
    assert len({club.slug for club in CLUBS}) == len(CLUBS)


def test_the_home_side_is_favoured_and_neutral_ground_favours_nobody() -> None:
    fulham, leeds = club_of("Fulham"), club_of("Leeds")
    at_home = expected_goals(fulham, leeds)
    assert at_home.home > at_home.away
    neutral = expected_goals(fulham, leeds, neutral=True)
    assert neutral.home == neutral.away


def test_a_strong_club_is_expected_to_score_more_than_a_weak_one() -> None:
    strengths = expected_goals(club_of("Manchester City"), club_of("Newcastle United"))
    assert strengths.home > 2 > 1 > strengths.away


def test_a_match_is_told_with_all_that_makes_it_again() -> None:
    match = arrange("Man United", "Liverpool", seed=1, kick_off=NOW)
    assert match.id == "man_utd_liverpool"
    assert (match.home_team, match.away_team) == ("Manchester United", "Liverpool")
    assert match.competition == "Premier League"
    assert match.kick_off == "2026-08-07T14:00:00+00:00"
    assert match.origin == "simulated"
    assert match.strengths is not None
    assert match.seed is not None
    assert match.seed < 2**53


def test_two_matches_of_a_run_have_seeds_of_their_own() -> None:
    seeds = {
        arrange("Arsenal", "Chelsea", seed=seed, kick_off=NOW, match_id=match_id).seed
        for seed in (1, 2)
        for match_id in ("arsenal_chelsea", "arsenal_chelsea_2")
    }
    assert len(seeds) == 4


def test_only_league_matches_are_of_the_league() -> None:
    assert arrange("Brazil", "Arsenal", seed=1, kick_off=NOW).competition is None
    assert arrange("Arsenal", "Chelsea", seed=1, kick_off=NOW, knockout=True).competition is None


def test_a_team_has_the_same_eighteen_players_each_time_all_of_different_names() -> None:
    squad = squad_of("Arsenal")
    assert squad == squad_of("Arsenal")
    assert squad != squad_of("Chelsea")
    names = [player.name for player in (*squad.starters, *squad.bench)]
    assert len(set(names)) == len(names) == 18


def test_two_long_names_make_an_id_that_records_can_carry() -> None:
    first, second = club_of("A" * 200), club_of("A" * 199 + "B")
    assert len(base_id(first, second)) <= 2 * LONGEST_SLUG + 1
    assert first.slug != second.slug, "what is cut off still tells two teams apart"
    match = arrange(first, second, seed=1, kick_off=datetime(2026, 3, 1, tzinfo=UTC))
    moment = next(iter(simulate(match)))
    decode(json.dumps({**moment.record, "match": msgspec.to_builtins(match)}).encode())
