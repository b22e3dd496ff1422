"""`matchcast history`: what its user sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from matchcast.cli import matchcast
from matchcast.history import origins
from matchcast.history.files import STREAM, HistoryFolder
from matchcast.history.origins import OpenData
from matchcast.history.parquet import write_matches
from matchcast.history.tables import Match

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MATCHCAST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MATCHCAST_HISTORY_DIR", str(tmp_path / "history"))

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(matchcast, ["history", *map(str, arguments)], catch_exceptions=False)

    return call


@pytest.fixture
def mirrored(
    origin: Any, internationals: OpenData, wyscout: OpenData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the origins be the server on loopback, with the checksums of what it has."""
    monkeypatch.setenv("MATCHCAST_ORIGIN_URL", origin.url)
    monkeypatch.setitem(origins.CATALOGUE, internationals.name, internationals)
    monkeypatch.setitem(origins.CATALOGUE, wyscout.name, wyscout)


@pytest.mark.usefixtures("mirrored")
def test_a_fetch_shows_progress_counts_and_attribution(run: Run) -> None:
    done = run("fetch")
    assert done.exit_code == 0, done.output
    assert "results.csv" in done.stderr
    assert "matches  1 of 1" in done.stderr
    assert "✔ wyscout: 1 with all their events" in done.stdout
    assert "Pappalardo et al." in done.stdout
    assert "CC0 1.0" in done.stdout


@pytest.mark.usefixtures("mirrored")
def test_the_newest_state_is_said_to_have_no_checksum(run: Run) -> None:
    assert "no checksum can be compared" in run("fetch", "internationals", "--newest").stderr


@pytest.mark.usefixtures("mirrored")
def test_show_tells_what_is_there(run: Run) -> None:
    assert "empty: `matchcast history fetch` brings open data" in run("show").stdout
    run("fetch")
    shown = run("show").stdout
    assert "wyscout                detailed        1 matches  2018-01-14 to 2018-01-14" in shown
    told = json.loads(run("show", "--json").stdout)
    assert {row["kind"] for row in told["matches"]} == {"result", "goals", "detailed"}
    assert len(told["attributions"]) == 2


@pytest.mark.usefixtures("mirrored")
def test_what_was_fetched_is_exported_for_training(run: Run, tmp_path: Path) -> None:
    run("fetch")
    assert "1 matches with all events" in run("export", tmp_path / "folder").stdout
    assert (tmp_path / "folder" / "detailed_shots.csv.gz").exists()
    assert (
        "0 matches with all events"
        in run("export", tmp_path / "folder", "--origin", "international_results").stdout
    )


def test_a_folder_that_one_has_is_taken_as_it_is(run: Run, real_data: Path) -> None:
    taken = run("fetch", "--data", real_data, "--origin", "mine")
    assert taken.stdout == f"✔ 46968 matches of {real_data}, origin mine\n"
    counted = run("query", "SELECT kind, count(*) AS matches FROM matches GROUP BY kind ORDER BY kind")
    assert counted.stdout.split() == ["kind,matches", "detailed,1631", "goals,14582", "result,30755"]


def test_a_file_is_added_by_name(run: Run, real_data: Path) -> None:
    path = real_data / "raw_samples" / "wyscout_2499943.json.gz"
    added = run("add", path, "--provider", "wyscout", "--date", "2018-01-14")
    assert added.stdout.startswith("✔ wyscout_2499943.json.gz: Liverpool FC 4 - 3 Manchester City FC, ")


def _as_process(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "MATCHCAST_HISTORY_DIR": str(tmp_path),
        "MATCHCAST_ORIGIN_URL": "http://127.0.0.1:1",
    }
    command = [sys.executable, "-m", "matchcast", "history", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_export_of_simulated_matches_alone_says_what_to_do(run: Run, tmp_path: Path) -> None:
    played = Match(
        origin="simulated", source="topic", match_id="1", kind="detailed", date="2025-08-16",
        home_team="Arsenal", away_team="Chelsea", home_goals=1, away_goals=0,
    )  # fmt: skip
    write_matches(HistoryFolder(tmp_path / "history").matches / STREAM / "b.parquet", [played])
    failed = _as_process(tmp_path / "history", "export", str(tmp_path / "folder"))
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "has no finished match to export." in failed.stderr
    for way in ("--with-simulated", "`matchcast history fetch`", "`matchcast history add`"):
        assert way in failed.stderr
    assert not (tmp_path / "folder").exists()
    assert "1 matches with all events" in run("export", tmp_path / "folder", "--with-simulated").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("query", "SELECT wrong FROM matches"), "✘ The query cannot be run: "),
        (("drain", "--batch", "../up"), "✘ '../up' cannot name a batch."),
        (("fetch", "--data", "/nowhere"), "✘ /nowhere is no folder."),
        (("add", "/nowhere.json"), "✘ /nowhere.json cannot be read"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_a_hint(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    failed = _as_process(tmp_path, *arguments)
    assert failed.returncode == 1
    assert told in failed.stderr
    assert "\nTry: " in failed.stderr
    assert "Traceback" not in failed.stderr


def test_help_loads_neither_database_nor_client() -> None:
    code = (
        "import sys; from matchcast.cli import main; sys.argv[1:] = ['history', '--help']; main()\n"
        "print(sorted({'duckdb', 'numpy', 'confluent_kafka', 'kloppy'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Bring open data from its origin" in shown.stdout
    assert shown.stdout.endswith("[]\n")
