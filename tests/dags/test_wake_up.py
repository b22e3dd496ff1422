"""When the football pipeline wakes for the end of a match."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.dags.conftest import AIRFLOW
from tests.scripts import load_script

from matchcast.events.record import MatchInfo

PLUGIN = Path(__file__).parents[2] / "dags/plugins/wake_up.py"


@pytest.fixture(scope="module")
def wake_up() -> ModuleType:
    """The plugin's module, which needs no Airflow."""
    return load_script(PLUGIN)


def record(kind: str, **fields: Any) -> bytes:
    return json.dumps({"id": 1, "type": {"name": kind}, **fields}).encode()


@pytest.mark.parametrize(
    ("value", "ends"),
    [
        (record("Match End", period=2), True),
        (record("Half End", period=2), True),
        (record("Half End", period=4), True),
        (record("Half End", period=1), False),
        (record("Half End"), False),
        (record("Pass", note="Match End"), False),
        (record("Pass", note='a " End" in quotes'), False),
        (b'{"type": {"name": "Half End"}, "period": ', False),
        (b'["Match End"]', False),
        (None, False),
    ],
)
def test_only_the_end_of_a_match_or_of_a_late_half_is_an_end(
    wake_up: ModuleType, value: bytes | None, ends: bool
) -> None:
    assert wake_up.ends_match(value) is ends


def test_each_simulated_match_ends_once_by_itself_and_twice_by_its_teams(
    wake_up: ModuleType, matches: Callable[..., dict[MatchInfo, list[bytes]]]
) -> None:
    for records in matches(3).values():
        assert sum(map(wake_up.ends_match, records)) == 3


def told_at(wake_up: ModuleType, ends: dict[float, int], until: float) -> list[tuple[float, int]]:
    """Let tenths of a second pass; return when it woke, and for how many ends."""
    pace = wake_up.Pace(gap=60.0, settled=2.0)
    woke = []
    for tenth in range(round(until * 10)):
        now = tenth / 10
        pace.notice(ends.get(now, 0), now)
        if told := pace.wake(now):
            woke.append((now, told))
    return woke


def test_it_wakes_soon_after_an_end_and_not_again(wake_up: ModuleType) -> None:
    assert told_at(wake_up, {5.0: 1}, 200) == [(7.0, 1)]


def test_a_burst_of_ends_wakes_once(wake_up: ModuleType) -> None:
    assert told_at(wake_up, {5 + tenth / 10: 1 for tenth in range(20)}, 200) == [(7.0, 20)]


def test_an_end_within_the_gap_wakes_after_the_gap(wake_up: ModuleType) -> None:
    assert told_at(wake_up, {5.0: 1, 8.0: 1, 66.9: 1}, 200) == [(7.0, 1), (67.0, 2)]


def test_ends_that_never_cease_wake_once_in_the_gap(wake_up: ModuleType) -> None:
    woke = told_at(wake_up, {float(second): 1 for second in range(200)}, 200)
    assert [at for at, _ in woke] == [2.0, 62.0, 122.0, 182.0]


@pytest.mark.parametrize("named", ["abc", "", "-1", "nan", "inf"])
def test_a_gap_that_is_no_number_of_seconds_is_told_and_the_trigger_goes_on_with_a_minute(
    named: str, tmp_path: Path
) -> None:
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    code = """
import asyncio
from match_ends import MatchEnded

async def run():
    try:
        await asyncio.wait_for(anext(MatchEnded().run()), 2)
    except TimeoutError:
        print("it goes on")

asyncio.run(run())
"""
    variables = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "MATCHCAST_KAFKA_BROKER": "127.0.0.1:1",
        "MATCHCAST_WAKE_UP_GAP": named,
    }
    done = subprocess.run(
        [AIRFLOW, "-c", code], cwd=PLUGIN.parent, env=variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "it goes on" in done.stdout, done.stderr
    assert (
        f"MATCHCAST_WAKE_UP_GAP is {named!r}, no number of seconds; 60 are taken" in done.stdout + done.stderr
    )


def test_a_broker_that_is_away_for_long_is_looked_for_by_a_new_client(tmp_path: Path) -> None:
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    code = """
import asyncio
import match_ends

made = []

class Noted(match_ends.EndReader):
    def __init__(self, *where):
        made.append(where)
        super().__init__(*where)

async def run():
    try:
        await asyncio.wait_for(anext(match_ends.MatchEnded().run()), 12)
    except TimeoutError:
        print("clients:", len(made))

match_ends.EndReader, match_ends.PATIENCE = Noted, 1.0
asyncio.run(run())
"""
    variables = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "MATCHCAST_KAFKA_BROKER": "127.0.0.1:1"}
    done = subprocess.run(
        [AIRFLOW, "-c", code], cwd=PLUGIN.parent, env=variables,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert int(done.stdout.partition("clients: ")[2].split()[0]) > 1, done.stdout + done.stderr
    assert "the reader of matches' ends begins anew" in done.stdout + done.stderr
