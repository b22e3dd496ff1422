"""What history hands to training is what it was given, and only what may train a model."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from matchcast.forecast.archive import Matches, Moments
from matchcast.forecast.archive_files import read_archive
from matchcast.history.errors import HistoryUnwritable, NothingToExport, UnreadableMatches
from matchcast.history.files import FETCHED, STREAM, HistoryFolder
from matchcast.history.folder import read_folder
from matchcast.history.parquet import write_matches
from matchcast.history.selection import chosen_matches, export
from matchcast.history.tables import Card, Goal, Match, Shot, Substitution


def _match(match_id: str = "final", origin: str = "live", **fields: object) -> Match:
    given: dict[str, object] = {
        "source": "topic", "kind": "detailed", "date": "2025-05-31", "home_team": "Paris", "away_team": "Inter",
        "home_goals": 1, "away_goals": 0, "home_goals_90": 1, "away_goals_90": 0, "duration": "regular",
        "kick_off": "2025-05-31T19:00:00", "neutral": True, "strengths_home": 1.7, "strengths_away": 1.1,
        "competition": "Champions League", "events": 3000,
        "goals": (Goal(1, 47.25, "home", player="A. Hakimi"),),
        "cards": (Card(2, 90.5, "away", "red"),),
        "substitutions": (Substitution(2, 70.0, "home", "X", "Y"),),
        "shots": (Shot(1, 47.25, "home", 0.4, True, True, x=110.0, y=40.0),),
    }  # fmt: skip
    return Match(origin=origin, match_id=match_id, **{**given, **fields})  # type: ignore[arg-type]


def _told(matches: Matches) -> list[tuple[object, ...]]:
    """All that training knows of matches, in an order that does not depend on the files."""

    def of_each(moments: Moments) -> list[list[tuple[float, int]]]:
        found: list[list[tuple[float, int]]] = [[] for _ in matches.home]
        for row, minute, side in zip(moments.match, moments.minute, moments.side, strict=True):
            found[row].append((round(float(minute), 2), int(side)))
        return [sorted(one) for one in found]

    return sorted(
        zip(
            matches.days.astype(str).tolist(),
            matches.home,
            matches.away,
            matches.competition,
            matches.neutral.tolist(),
            np.nan_to_num(matches.projected).tolist(),
            of_each(matches.goals),
            of_each(matches.red_cards),
            strict=True,
        )
    )


def test_all_real_matches_come_back_from_history_as_training_knows_them(
    real_data: Path, history: HistoryFolder, tmp_path: Path
) -> None:
    write_matches(
        history.matches / FETCHED / "all.parquet", read_folder(real_data, origin="open", source="data")
    )
    written = export(history, tmp_path / "folder")
    assert written == (45_337, 14_582, 1_631)
    known, found = read_archive(real_data), read_archive(tmp_path / "folder")
    for name in ("international", "detailed"):
        assert _told(getattr(known, name)) == _told(getattr(found, name))
    rows = [
        sorted(
            zip(
                part.days.astype(str),
                part.home,
                part.away,
                part.goals.tolist(),
                part.competition,
                strict=True,
            )
        )
        for part in (known.results, found.results)
        if part is not None
    ]
    assert rows[0] == rows[1]


def test_a_match_of_the_stream_trains_like_any_other(history: HistoryFolder, tmp_path: Path) -> None:
    write_matches(history.matches / STREAM / "b.parquet", [_match()])
    export(history, tmp_path / "folder")
    detailed = read_archive(tmp_path / "folder").detailed
    assert detailed is not None
    assert (*detailed.home, *detailed.away, *detailed.projected[0]) == ("Paris", "Inter", 1.7, 1.1)
    assert detailed.neutral.tolist() == [True]
    assert detailed.result().tolist() == [[1, 0]]
    assert (detailed.red_cards.minute.tolist(), detailed.red_cards.side.tolist()) == (
        [pytest.approx(90, abs=0.01)],
        [1],
    )
    (again,) = read_folder(tmp_path / "folder", origin="?", source="topic")
    shot = again.shots[0] if again.shots else None
    assert shot is not None
    assert (again.origin, again.neutral, shot.xg, shot.x, shot.y) == (
        "live",
        True,
        0.4,
        pytest.approx(110),
        40,
    )


def test_what_never_was_and_what_was_shown_again_train_no_model_unless_asked_for(
    history: HistoryFolder,
) -> None:
    matches = [
        _match(origin, origin, home_team=origin) for origin in ("live", "simulated", "replay", "wyscout")
    ]
    write_matches(history.matches / STREAM / "b.parquet", matches)
    assert [match.origin for match in chosen_matches(history)] == ["live", "wyscout"]
    assert [match.origin for match in chosen_matches(history, ["simulated"])] == ["simulated"]


def test_an_export_that_has_to_hold_a_match_fails_without_one_and_leaves_the_last_one_as_it_is(
    history: HistoryFolder, tmp_path: Path
) -> None:
    rows = history.matches / STREAM / "b.parquet"
    write_matches(rows, [_match("played"), _match("known", "wyscout", date="2024-05-31")])
    assert export(history, tmp_path / "folder", required=True).detailed == 2
    write_matches(rows, [_match(origin="simulated")])
    with pytest.raises(NothingToExport):
        export(history, tmp_path / "folder", required=True)
    kept = read_archive(tmp_path / "folder").detailed
    assert kept is not None
    assert len(kept.home) == 2
    assert export(history, tmp_path / "folder").detailed == 0


def test_a_match_that_was_abandoned_trains_no_model(history: HistoryFolder) -> None:
    write_matches(history.matches / STREAM / "b.parquet", [_match(status="abandoned")])
    assert list(chosen_matches(history)) == []


def test_a_match_that_two_origins_tell_of_counts_once(history: HistoryFolder) -> None:
    write_matches(history.matches / STREAM / "b.parquet", [_match(events=2000)])
    write_matches(
        history.matches / FETCHED / "w.parquet", [_match("15946", "wyscout", source="wyscout", events=1500)]
    )
    (match,) = chosen_matches(history)
    assert match.origin == "live"


def test_two_matches_of_the_same_teams_on_one_day_stay_two(history: HistoryFolder) -> None:
    write_matches(history.matches / FETCHED / "w.parquet", [_match("one"), _match("two")])
    assert len(list(chosen_matches(history))) == 2


def test_ids_that_two_sources_share_are_kept_apart(history: HistoryFolder, tmp_path: Path) -> None:
    write_matches(history.matches / STREAM / "a.parquet", [_match()])
    write_matches(history.matches / STREAM / "b.parquet", [_match(source="later", date="2025-06-30")])
    export(history, tmp_path / "folder")
    found = read_folder(tmp_path / "folder", origin="?", source="?")
    assert [match.match_id for match in found] == ["final", "later/final"]
    assert [len(match.goals or ()) for match in found] == [1, 1]


def test_the_same_history_makes_the_same_bytes(history: HistoryFolder, tmp_path: Path) -> None:
    write_matches(
        history.matches / FETCHED / "w.parquet", [_match(str(n), home_team=f"Team {n}") for n in range(50)]
    )
    for folder in ("one", "two", "two"):
        export(history, tmp_path / folder)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")
    )
    assert one == two
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history", "one", "two"]


def test_the_attribution_goes_with_the_matches(history: HistoryFolder, tmp_path: Path) -> None:
    write_matches(history.matches / FETCHED / "w.parquet", [_match(origin="wyscout")])
    export(history, tmp_path / "folder")
    told = (tmp_path / "folder" / "ATTRIBUTION.txt").read_text()
    assert "Pappalardo" in told
    assert "CC BY 4.0" in told
    assert "international" not in told


def test_a_folder_with_other_things_in_it_is_not_overwritten(history: HistoryFolder, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(HistoryUnwritable, match="it holds files that are not of this export"):
        export(history, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "detailed_goals.csv",
            "match_id,period,clock_min,side\n1,9H,3,home\n",
            r"detailed_goals\.csv, line 2",
        ),
        (
            "detailed_goals.csv",
            "match_id,period\n1,1H\n",
            "no column or value 'side'|'clock_min'",
        ),
        ("detailed_matches.csv", "match_id\n1\n", "no column or value 'date_utc'|'duration'"),
        ("international_results.csv.gz", None, r"international_results\.csv\.gz"),
    ],
)
def test_a_broken_folder_is_told_by_file_and_line(
    tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    (tmp_path / name).write_bytes(content.encode() if content is not None else gzip.compress(b"date\n")[:-4])
    with pytest.raises(UnreadableMatches, match=told):
        read_folder(tmp_path, origin="mine", source="mine")


def test_a_folder_without_matches_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMatches, match="holds no matches"):
        read_folder(tmp_path, origin="mine", source="mine")
    with pytest.raises(UnreadableMatches, match="is no folder"):
        read_folder(tmp_path / "missing", origin="mine", source="mine")


def test_yes_and_no_are_written_in_one_way_and_read_in_both(history: HistoryFolder, tmp_path: Path) -> None:
    write_matches(history.matches / STREAM / "b.parquet", [_match(neutral=True)])
    export(history, tmp_path / "folder")

    def text_of(name: str) -> str:
        return gzip.decompress((tmp_path / "folder" / f"{name}.csv.gz").read_bytes()).decode()

    cells = {
        cell
        for name in ("detailed_matches", "detailed_goals", "detailed_shots")
        for row in csv.DictReader(text_of(name).splitlines())
        for column, cell in row.items()
        if column in ("neutral", "own_goal", "penalty", "head", "goal", "on_target")
    }
    assert cells <= {"true", "false", ""}
    assert "true" in cells
    numbers = tmp_path / "numbers"
    numbers.mkdir()
    for name in ("detailed_matches", "detailed_goals", "detailed_cards"):
        (numbers / f"{name}.csv").write_text(text_of(name).replace("true", "1").replace("false", "0"))
    told, read = read_archive(tmp_path / "folder").detailed, read_archive(numbers).detailed
    assert told is not None
    assert read is not None
    assert told.neutral.tolist() == read.neutral.tolist() == [True]
