"""Open data goes from its origin into history. The origin is a server on loopback with its first lines."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from matchcast.history.download import Downloader
from matchcast.history.errors import OriginRefused, UnknownData, UnreadableMatches, WrongChecksum
from matchcast.history.fetch import Fetched, Fetcher
from matchcast.history.files import HistoryFolder
from matchcast.history.origins import OpenData
from matchcast.history.parquet import open_history


@pytest.fixture
def fetcher(origin: Any, history: HistoryFolder, tmp_path: Path) -> Fetcher:
    downloader = Downloader(tries=2, pause=0.001, timeout=5)
    return Fetcher(history, tmp_path / "cache", base=f"{origin.url}/", downloader=downloader)


def _rows(history: HistoryFolder, statement: str) -> list[tuple[Any, ...]]:
    with open_history(history) as database:
        return database.execute(statement).fetchall()


def test_results_and_goals_of_nations_come_into_history(
    fetcher: Fetcher, internationals: OpenData, history: HistoryFolder
) -> None:
    done = fetcher.fetch_internationals(internationals)
    assert done.goals > 70
    assert _rows(history, "SELECT count(*), count(goals) FROM matches") == [
        (done.results + done.goals, done.goals)
    ]
    assert _rows(
        history,
        "SELECT home_team, away_team, home_goals, away_goals, len(goals), origin, source FROM matches "
        "WHERE date = '1916-07-06'",
    ) == [
        ("Argentina", "Chile", 6, 1, 7, "international_results", f"{internationals.repository}@{internationals.commit}")
    ]  # fmt: skip


def test_the_newest_state_is_fetched_without_a_checksum(
    fetcher: Fetcher, internationals: OpenData, origin: Any, history: HistoryFolder
) -> None:
    name = f"{internationals.repository}/HEAD/results.csv"
    origin.files[name] += (
        b"2030-01-01,Wales,Malta,3,0,Friendly,Cardiff,Wales,FALSE\n2030-01-05,Wales,Peru,NA,NA,Friendly,Cardiff,Wales,FALSE\n"
    )
    for _ in range(2):
        fetcher.fetch_internationals(internationals, newest=True)
        assert _rows(history, "SELECT home_team, source FROM matches WHERE date > '2029-01-01'") == [
            ("Wales", f"{internationals.repository}@HEAD")
        ]
        origin.files[name] += b"\n"
    assert [path for path, _ in origin.asked].count(name) == 2


def test_a_fetch_that_failed_leaves_the_history_as_it_was(
    fetcher: Fetcher, internationals: OpenData, origin: Any, history: HistoryFolder
) -> None:
    done = fetcher.fetch_internationals(internationals)
    origin.files[f"{internationals.repository}/HEAD/goalscorers.csv"] = b"<html>sign in</html>"
    with pytest.raises(UnreadableMatches, match=r"goalscorers\.csv has no column"):
        fetcher.fetch_internationals(internationals, newest=True)
    assert _rows(history, "SELECT count(*) FROM matches") == [(done.results + done.goals,)]


def test_wyscouts_events_come_into_history(
    fetcher: Fetcher, wyscout: OpenData, history: HistoryFolder
) -> None:
    assert fetcher.fetch_wyscout(wyscout) == Fetched(results=0, goals=0, detailed=1)
    assert _rows(
        history,
        "SELECT home_team, away_team, home_goals, away_goals, len(shots), len(cards), len(substitutions), origin "
        "FROM matches",
    ) == [("Liverpool", "Manchester City", 4, 3, 27, 5, 5, "wyscout")]


def test_a_second_fetch_asks_for_nothing_again(fetcher: Fetcher, wyscout: OpenData, origin: Any) -> None:
    fetcher.fetch_wyscout(wyscout)
    asked = len(origin.asked)
    assert fetcher.fetch_wyscout(wyscout).detailed == 1
    assert len(origin.asked) == asked


def test_a_damaged_file_in_the_cache_is_fetched_anew(
    fetcher: Fetcher, wyscout: OpenData, origin: Any, tmp_path: Path
) -> None:
    fetcher.fetch_wyscout(wyscout)
    (kept,) = (tmp_path / "cache").rglob("2499943.json.gz")
    for damaged in (kept.read_bytes()[:1000], gzip.compress(b"{}"), b""):
        kept.write_bytes(damaged)
        assert fetcher.fetch_wyscout(wyscout).detailed == 1
    assert [path for path, _ in origin.asked].count(
        f"{wyscout.repository}/{wyscout.commit}/{wyscout.folder}/2499943.json"
    ) == 4


def test_events_that_differ_from_gits_id_are_refused(
    fetcher: Fetcher, wyscout: OpenData, origin: Any
) -> None:
    path = f"{wyscout.repository}/{wyscout.commit}/{wyscout.folder}/2499943.json"
    origin.files[path] = origin.files[path].replace(b"Liverpool", b"Everton!!")
    with pytest.raises(WrongChecksum, match=r"2499943.json is not the file that was pinned"):
        fetcher.fetch_wyscout(wyscout)


def test_a_competition_that_is_not_there_is_told_with_those_that_are(
    fetcher: Fetcher, wyscout: OpenData
) -> None:
    with pytest.raises(UnknownData) as raised:
        fetcher.fetch_wyscout(wyscout, ["Scotland"])
    assert raised.value.hint == "choose of England"
    assert fetcher.fetch_wyscout(wyscout, ["England"]).detailed == 1


def test_a_list_of_files_that_is_cut_short_is_refused(
    fetcher: Fetcher, wyscout: OpenData, origin: Any
) -> None:
    path = f"repos/{wyscout.repository}/git/trees/{wyscout.commit}"
    listing = json.loads(origin.files[path])
    origin.files[path] = json.dumps({**listing, "truncated": True}).encode()
    with pytest.raises(OriginRefused, match="lists only a part"):
        fetcher.fetch_wyscout(wyscout)
    origin.files[path] = json.dumps(listing).encode()
    assert fetcher.fetch_wyscout(wyscout).detailed == 1
