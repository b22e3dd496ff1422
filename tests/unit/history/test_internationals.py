"""Results and goal scorers of nations: which matches are known goal by goal."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest

from matchcast.history.errors import UnreadableMatches
from matchcast.history.internationals import convert
from matchcast.history.tables import Match

RESULTS = """\
date,home_team,away_team,home_score,away_score,tournament,city,country,neutral
2020-01-01,Wales,Peru,2,1,Friendly,Cardiff,Wales,FALSE
2020-01-02,Chile,Peru,0,0,Friendly,Lima,Peru,TRUE
2020-01-03,Chile,Wales,1,1,Cup,Lima,Peru,TRUE
2020-01-04,Peru,Wales,0,0,Cup,Lima,Peru,FALSE
2020-01-05,Malta,Wales,NA,NA,Cup,Lima,Peru,TRUE
"""
SCORERS = """\
date,home_team,away_team,team,scorer,minute,own_goal,penalty
2020-01-01,Wales,Peru,Wales,Bale,90,FALSE,TRUE
2020-01-03,Chile,Wales,Chile,Salas,12,FALSE,FALSE
2020-01-03,Chile,Wales,Wales,Salas,90,TRUE,FALSE
"""
SHOOT_OUTS = "date,home_team,away_team,winner,first_shooter\n2020-01-04,Peru,Wales,Wales,\n"


def _convert(
    results: str = RESULTS, scorers: str = SCORERS, shoot_outs: str = SHOOT_OUTS
) -> dict[str, Match]:
    rows = convert(results.encode(), scorers.encode(), shoot_outs.encode(), origin="nations", source="test")
    return {row.match_id: row for row in rows}


def test_a_match_is_known_goal_by_goal_when_its_goals_add_up_to_its_score() -> None:
    found = _convert()
    assert found["2020-01-01_Wales_Peru"].kind == "result"
    match = found["2020-01-03_Chile_Wales"]
    assert match.kind == "goals"
    assert match.goals is not None
    assert [(goal.side, goal.clock, goal.own_goal) for goal in match.goals] == [
        ("home", 12.0, False),
        ("away", 90.0, True),
    ]


def test_a_goalless_match_is_known_where_the_goals_of_its_tournament_are_told() -> None:
    found = _convert()
    assert found["2020-01-02_Chile_Peru"].kind == "result"
    assert (found["2020-01-04_Peru_Wales"].kind, found["2020-01-04_Peru_Wales"].goals) == ("goals", ())


def test_a_shoot_out_is_told_by_its_winner() -> None:
    match = _convert()["2020-01-04_Peru_Wales"]
    assert (match.shoot_out_winner, match.duration, match.knockout) == ("away", "penalties", True)


def test_a_fixture_that_is_not_played_yet_is_no_match() -> None:
    assert len(_convert()) == 4


def test_a_goal_without_its_minute_leaves_the_score_alone() -> None:
    assert _convert(scorers=SCORERS.replace(",12,", ",NA,"))["2020-01-03_Chile_Wales"].kind == "result"


def test_two_matches_of_the_same_teams_on_one_day_are_two() -> None:
    found = _convert(RESULTS + "2020-01-03,Chile,Wales,0,3,Friendly,Lima,Peru,TRUE\n")
    assert found["2020-01-03_Chile_Wales_2"].away_goals == 3
    assert found["2020-01-03_Chile_Wales_2"].kind == "result"


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (RESULTS.replace("home_score", "goals"), "results.csv has no column home_score"),
        (RESULTS[: RESULTS.index(",Wales,FALSE")], "results.csv, line 2: not as many values"),
        (RESULTS.replace("Bale", ""), ""),
    ],
)
def test_a_file_of_another_format_is_told_by_name_and_line(results: str, told: str) -> None:
    if told:
        with pytest.raises(UnreadableMatches, match=told):
            _convert(results)
    with pytest.raises(UnreadableMatches, match=r"results.csv cannot be read"):
        convert(b"\xff\xfe", b"", b"", origin="", source="")


def test_all_real_results_convert_to_the_matches_that_are_known(open_data: Path) -> None:
    """The goal scorers' file is made of the goals that are known; so what comes out must be what went in."""

    def read(name: str) -> list[dict[str, str]]:
        with gzip.open(open_data / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    scorers = io.StringIO()
    writer = csv.writer(scorers)
    writer.writerow(["date", "home_team", "away_team", "team", "scorer", "minute", "own_goal", "penalty"])
    for goal in read("international_goals"):
        teams = goal["home_team"], goal["away_team"]
        team = teams[goal["side"] == "away"]
        writer.writerow([goal["date"], *teams, team, "", goal["minute"], goal["own_goal"], goal["penalty"]])
    results = gzip.decompress((open_data / "international_results.csv.gz").read_bytes())
    found = convert(results, scorers.getvalue().encode(), SHOOT_OUTS.encode(), origin="", source="")
    known = {(row["date"], row["home_team"], row["away_team"]) for row in read("international_matches")}
    complete = [match for match in found if match.kind == "goals"]
    assert {(match.date, match.home_team, match.away_team) for match in complete} == known
    assert sum(len(match.goals or ()) for match in complete) == len(read("international_goals"))
    assert len(found) == len(read("international_results"))


def test_the_first_goal_scorers_of_the_origin_agree_with_the_goals_that_are_known(real_data: Path) -> None:
    results = gzip.decompress((real_data / "international_results.csv.gz").read_bytes())
    scorers, shoot_outs = (
        (real_data / "raw_samples" / name).read_bytes() for name in ("goalscorers.csv", "shootouts.csv")
    )
    found = {match.match_id: match for match in convert(results, scorers, shoot_outs, origin="", source="")}
    known: dict[str, list[tuple[str, float]]] = {}
    with gzip.open(real_data / "international_goals.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = f"{row['date']}_{row['home_team']}_{row['away_team']}"
            known.setdefault(key, []).append((row["side"], float(row["minute"])))
    compared = {key: goals for key, goals in known.items() if found[key].goals is not None}
    assert len(compared) > 70
    for key, goals in compared.items():
        assert sorted((goal.side, goal.clock) for goal in found[key].goals or ()) == sorted(goals), key
