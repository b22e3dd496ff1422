"""Reading folders of matches."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from matchcast.forecast.archive import Archive
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.errors import UnusableHistory
from matchcast.forecast.segments import segments
from matchcast.forecast.snapshots import MINUTES, snapshots

INTERNATIONAL = {
    "international_matches.csv": (
        "mid,date,home_team,away_team,home_score,away_score,tournament,country,neutral\n"
        "7,2001-01-01,Oz,Erewhon,2,2,Cup,Oz,False\n"
        "8,2001-01-02,Oz,Lilliput,0,1,Cup,Oz,True\n"
    ),
    "international_goals.csv": (
        "mid,date,home_team,away_team,minute,side,own_goal,penalty\n"
        "7,2001-01-01,Oz,Erewhon,5,home,False,False\n"
        "7,2001-01-01,Oz,Erewhon,45,away,False,True\n"
        "7,2001-01-01,Oz,Erewhon,90,home,True,False\n"
        "7,2001-01-01,Oz,Erewhon,117,away,False,False\n"
        "8,2001-01-02,Oz,Lilliput,46,away,False,False\n"
    ),
}
DETAILED = {
    "detailed_matches.csv": (
        "match_id,comp,date_utc,home,away,proj1,proj2\n"
        "1,League,2018-01-01 15:00:00,North,South,1.5,0.9\n"
        "2,League,2018-01-02 15:00:00,South,North,,\n"
    ),
    "detailed_goals.csv": (
        "match_id,period,clock_min,side\n1,1H,47.2,home\n1,2H,45.1,away\n1,2H,93.9,home\n1,E1,95.0,home\n"
    ),
    "detailed_cards.csv": (
        "match_id,period,clock_min,side,card\n"
        "1,1H,20.0,home,yellow\n1,2H,55.5,away,second_yellow\n2,2H,70.0,home,red\n"
    ),
}


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def _read(folder: Path, files: dict[str, str]) -> Archive:
    return read_archive(_write(folder, files))


def test_the_result_is_that_of_90_minutes(tmp_path: Path) -> None:
    matches = _read(tmp_path, INTERNATIONAL).international
    assert matches is not None
    assert matches.result().tolist() == [[2, 1], [0, 1]]
    assert matches.neutral.tolist() == [False, True]


def test_stoppage_of_the_first_half_is_known_at_its_end_and_not_before(tmp_path: Path) -> None:
    matches = _read(tmp_path, DETAILED).detailed
    assert matches is not None
    taken = snapshots(matches)
    lead = dict(zip(taken.minute[:18].tolist(), taken.lead[:18].tolist(), strict=True))
    assert [lead[minute] for minute in (40, 45, 50, 85)] == [0, 1, 0, 0]
    assert taken.outcome[0] == 0
    men = dict(zip(taken.minute[:18].tolist(), taken.men[:18].tolist(), strict=True))
    assert [men[minute] for minute in (50, 55, 60)] == [0, 0, 1]


def test_a_goal_of_the_fifth_minute_is_known_at_the_fifth(tmp_path: Path) -> None:
    matches = _read(tmp_path, INTERNATIONAL).international
    assert matches is not None
    assert snapshots(matches).lead[:3].tolist() == [0, 1, 1]
    assert MINUTES[-1] == 85


def test_projected_goals_are_read_where_they_are(tmp_path: Path) -> None:
    matches = _read(tmp_path, DETAILED).detailed
    assert matches is not None
    assert matches.is_projected.tolist() == [True, False]
    assert matches.projected[0].tolist() == [1.5, 0.9]


def test_segments_cover_each_match_once_and_hold_each_goal(tmp_path: Path) -> None:
    matches = _read(tmp_path, INTERNATIONAL | DETAILED).detailed
    assert matches is not None
    cut = segments(matches)
    assert cut.goals.sum(axis=0).tolist() == matches.result().sum(axis=0).tolist()
    for match in range(len(matches)):
        assert cut.minutes[cut.match == match].sum() == pytest.approx(90.0, abs=0.1)
    assert cut.men[cut.match == 0].max() == 1
    assert cut.men[cut.match == 1].min() == -1


def test_plain_and_compressed_files_read_alike(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    _write(plain, INTERNATIONAL)
    for name, text in INTERNATIONAL.items():
        (packed / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    one, other = read_archive(plain).international, read_archive(packed).international
    assert one is not None
    assert other is not None
    assert one.goals.minute.tolist() == other.goals.minute.tolist()


def test_either_set_may_be_missing(tmp_path: Path) -> None:
    archive = _read(tmp_path, DETAILED)
    assert archive.international is None
    assert archive.results is None
    assert archive.detailed is not None
    assert len(archive.detailed) == 2


def test_a_match_with_a_goal_of_unknown_minute_is_left_out(tmp_path: Path) -> None:
    files = dict(INTERNATIONAL)
    files["international_goals.csv"] = files["international_goals.csv"].replace(",46,", ",NA,")
    matches = _read(tmp_path, files).international
    assert matches is not None
    assert matches.away == ["Erewhon"]


def test_a_fixture_that_is_not_played_yet_is_passed_over(tmp_path: Path) -> None:
    results = (
        "date,home_team,away_team,home_score,away_score,tournament,city,country,neutral\n"
        "2001-01-02,Oz,Erewhon,1,0,Cup,Town,Oz,FALSE\n2000-01-01,Oz,Erewhon,0,0,Cup,Town,Oz,TRUE\n"
        "2030-01-01,Oz,Erewhon,NA,NA,Cup,Town,Oz,FALSE\n"
    )
    archive = _read(tmp_path, INTERNATIONAL | {"international_results.csv": results})
    assert archive.results is not None
    assert archive.results.days.tolist() == np.array(["2000-01-01", "2001-01-02"], "datetime64[D]").tolist()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("international_goals.csv", ",side,", ",seite,", r"international_goals.csv, line 2.*'side'"),
        ("international_goals.csv", "5,home", "5,left", r"line 2.*'left'"),
        ("international_matches.csv", "2001-01-02", "tomorrow", r"international_matches.csv, line 3"),
        ("international_matches.csv", "8,2001-01-02", "8,", r"international_matches.csv, line 3"),
        ("international_matches.csv", "2001-01-02", "NaT", r"international_matches.csv, line 3"),
        ("international_matches.csv", "2001-01-02", "9999999-01-01", r"international_matches.csv, line 3"),
        (
            "international_matches.csv",
            "Oz,True",
            "Oz,True,7",
            r"international_matches.csv, line 3.*more values",
        ),
        ("detailed_goals.csv", "47.2", "nan", r"detailed_goals.csv, line 2.*no minute"),
        ("detailed_goals.csv", "47.2", "-3", r"detailed_goals.csv, line 2.*no minute"),
        ("detailed_matches.csv", "1.5", "inf", r"detailed_matches.csv, line 2.*no number of goals"),
        ("international_matches.csv", "\n8,", "\n7,", "match 7 stands twice"),
        ("international_matches.csv", ",True", ",maybe", "maybe"),
        ("detailed_goals.csv", "47.2", "soon", r"detailed_goals.csv, line 2.*soon"),
        ("detailed_matches.csv", "1.5,0.9", "many,0.9", "many"),
        ("detailed_matches.csv", "North,South,1.5,0.9", "North", "line 2: fewer values than columns"),
    ],
)
def test_a_broken_file_is_named_with_the_line(
    tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    files = INTERNATIONAL | DETAILED
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    with pytest.raises(UnusableHistory, match=said) as caught:
        _read(tmp_path, files)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_damaged_compressed_file_is_one_sentence(tmp_path: Path) -> None:
    _write(tmp_path, DETAILED)
    whole = gzip.compress((tmp_path / "detailed_goals.csv").read_bytes())
    (tmp_path / "detailed_goals.csv").unlink()
    for damaged in (whole[: len(whole) // 2], b"no gzip at all", whole[:12] + b"\0\0\0\0" + whole[16:]):
        (tmp_path / "detailed_goals.csv.gz").write_bytes(damaged)
        with pytest.raises(UnusableHistory, match=r"detailed_goals\.csv\.gz"):
            read_archive(tmp_path)


def test_a_set_without_its_goals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableHistory, match=r"has no detailed_goals\.csv"):
        _read(tmp_path, {"detailed_matches.csv": DETAILED["detailed_matches.csv"]})


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableHistory, match="neither"):
        read_archive(tmp_path)
    with pytest.raises(UnusableHistory, match="is no folder"):
        read_archive(tmp_path / "none")
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("score", ["3.0", "-1", "two", "²"])
def test_a_result_that_is_none_is_named_and_not_taken_for_a_fixture_to_come(
    score: str, tmp_path: Path
) -> None:
    results = "date,home_team,away_team,home_score,away_score,tournament,city,country,neutral\n"
    to_come = "2001-02-01,Oz,Lilliput,NA,NA,Cup,Oz,Oz,FALSE\n2001-02-02,Oz,Lilliput,,,Cup,Oz,Oz,FALSE\n"
    played = f"2001-01-01,Oz,Erewhon,{score},1,Cup,Oz,Oz,FALSE\n"
    files = {**INTERNATIONAL, "international_results.csv": results + to_come + played}
    with pytest.raises(UnusableHistory, match=r"international_results.csv, line 4.*no number of goals"):
        _read(tmp_path, files)
