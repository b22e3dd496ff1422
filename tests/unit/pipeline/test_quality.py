"""What is wrong with a batch is seen, and told by its match."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.pipeline.matches import MATCH

from matchcast.history.batches import Manifest, Report, save_manifest
from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import write_matches, write_rows
from matchcast.history.tables import Card, Goal, Match, Shot
from matchcast.pipeline.features import FEATURES, Snapshot, snapshots_of
from matchcast.pipeline.files import BatchFiles
from matchcast.pipeline.match_quality import check_matches
from matchcast.pipeline.quality import Quality, check, check_snapshots
from matchcast.pipeline.scoring import FORECASTS, Scored

EXTRA = replace(
    MATCH,
    home_goals=2,
    away_goals=2,
    home_shoot_out=4,
    away_shoot_out=3,
    shoot_out_winner="home",
    duration="penalties",
    goals=(*(MATCH.goals or ()), Goal(3, 93.0, "home"), Goal(4, 110.0, "away")),
    shots=(
        *(MATCH.shots or ()),
        Shot(3, 93.0, "home", 0.3, goal=True, on_target=True),
        Shot(4, 110.0, "away", 0.3, goal=True, on_target=True),
    ),
)


def faults(match: Match) -> set[str]:
    found = [one for one in check_matches([match]) if not one.passed]
    assert all(one.example == match.match_id for one in found)
    return {one.name for one in found}


@pytest.mark.parametrize(
    "match", [MATCH, EXTRA, replace(MATCH, home_goals_half_time=None, away_goals_half_time=None)]
)
def test_a_sound_match_has_no_fault(match: Match) -> None:
    assert faults(match) == set()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"home_goals": 3}, "goals add up to the score"),
        ({"home_goals_90": 0}, "the scores at half time, 90' and the end follow from the goals"),
        ({"away_goals_half_time": 1}, "the scores at half time, 90' and the end follow from the goals"),
        ({"shots": ()}, "each goal but own goals is a shot that scored"),
        ({"away_team": "Arsenal"}, "two teams played, on a day"),
        ({"home_team": ""}, "two teams played, on a day"),
        ({"strengths_home": -0.4}, "two teams played, on a day"),
        ({"cards": (Card(2, 30.0, "away", "red"),)}, "what happened, happened during the match"),
        ({"cards": (Card(2, 250.0, "away", "red"),)}, "what happened, happened during the match"),
        ({"shoot_out_winner": "home"}, "a shoot-out has a winner and follows a draw"),
        ({"duration": "penalties"}, "a shoot-out has a winner and follows a draw"),
        (
            {"shots": (Shot(1, 46.5, "home", 1.3, goal=True, on_target=True, x=110, y=40),)},
            "shots are on the pitch and worth 0 to 1 goals",
        ),
        (
            {"shots": (Shot(1, 46.5, "home", 0.3, goal=True, on_target=True, x=130, y=40),)},
            "shots are on the pitch and worth 0 to 1 goals",
        ),
        (
            {"shots": (Shot(1, 46.5, "home", 0.3, goal=True, on_target=False, x=110, y=40),)},
            "shots are on the pitch and worth 0 to 1 goals",
        ),
    ],
)  # fmt: skip
def test_each_fault_of_a_match_is_told(changed: dict[str, Any], fault: str) -> None:
    assert faults(replace(MATCH, **changed)) == {fault}


def test_snapshots_that_do_not_follow_from_their_match_are_told() -> None:
    sound = snapshots_of([MATCH])
    assert check_snapshots([MATCH], sound).passed

    def example(snapshots: list[Snapshot]) -> str | None:
        return check_snapshots([MATCH], snapshots).example

    assert example(sound[:-1]) == "derby"
    assert example([]) == "derby"
    assert example([*sound, sound[3]]) == "derby"
    assert example([replace(sound[0], home_goals=1), *sound[1:]]) == "derby"
    assert example([*sound[:-1], replace(sound[-1], away_goals=4)]) == "derby"
    assert example([replace(one, result="home") for one in sound]) == "derby"
    assert example([*sound, *(replace(one, match_id="ghost") for one in sound)]) == "ghost"


class Batch:
    """A batch that is scored, of a topic without records."""

    def __init__(self, folder: Path) -> None:
        history = HistoryFolder(folder)
        self.files = BatchFiles(history, "b1")
        report = Report(0, 0, 0, 0, [], [])
        save_manifest(history, Manifest("b1", "topic", "id", "2026-01-01T00:00:00+00:00", [], report=report))
        self.snapshots = snapshots_of([MATCH])
        self.scored = [
            Scored("topic", "derby", one.minute, 0.5, 0.3, 0.2, one.result, "m1") for one in self.snapshots
        ]
        write_matches(self.files.matches, [MATCH])
        write_rows(self.files.features, FEATURES, self.snapshots)
        write_rows(self.files.forecasts, FORECASTS, self.scored)

    def faults(self) -> set[str]:
        quality: Quality = check(self.files)
        return {one.name for one in quality.checks if not one.passed}


def test_a_sound_batch_passes_with_the_log_loss_of_its_forecasts(tmp_path: Path) -> None:
    quality = check(Batch(tmp_path).files)
    assert [one.name for one in quality.checks if not one.passed] == []
    assert quality.log_loss == pytest.approx(1.2040, abs=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"home": 0.6},
        {"home": -0.1, "draw": 0.9},
        {"minute": 3},
        {"match_id": "another"},
    ],
)
def test_a_forecast_that_cannot_be_is_told(wrong: dict[str, Any], tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    write_rows(batch.files.forecasts, FORECASTS, [replace(batch.scored[0], **wrong), *batch.scored[1:]])
    assert batch.faults() == {"each moment has one forecast"}


def test_a_file_without_its_columns_is_told(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    columns = {name: kind for name, kind in FORECASTS.items() if name != "strengths_home"}
    write_rows(batch.files.forecasts, columns, batch.scored)
    assert batch.faults() == {"matches, features and forecasts have their columns"}
