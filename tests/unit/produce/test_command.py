"""The command line: wrong use is told in a sentence, before anything is connected."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from matchcast.produce.command import produce, replay
from matchcast.produce.schedule import fire


def run(command: object, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--speed", "30", "--delay", "1"], "--speed and --delay exclude each other"),
        (["--speed", "fast"], "neither a number nor max"),
        (["--speed", "-1"], "not a speed"),
        (["--speed", "inf"], "not a speed"),
        (["--speed", "nan"], "not a speed"),
        (["--delay", "-1"], "--delay"),
        (["--delay", "nan"], "not a number of seconds"),
        (["--delay", "inf"], "--delay"),
        (["--max-events", "0"], "--max-events"),
        (["--matches", "0"], "--matches"),
        (["--matches", "21"], "--matches"),
        (["--home-team", "Arsenal"], "name both"),
        (["--away-team", "Arsenal"], "name both"),
        (["--home-team", "Man United", "--away-team", "manchester united"], "cannot play itself"),
        (["--home-team", "A", "--away-team", "B", "--matches", "2"], "--matches is for the fixture list"),
        (["--home-team", "A" * 201, "--away-team", "B"], "at most 200 characters"),
        (["--home-team", "A\udcff", "--away-team", "B"], "has to be UTF-8"),
        (["--home-team", "A", "--away-team", " "], "may not be empty"),
        (["--knockout"], "--knockout is for two named teams"),
        (["--schedule-interval", "0"], "--schedule-interval"),
        (["--schedule-interval", "nan"], "not a number of seconds"),
        (["--schedule-interval", "inf"], "--schedule-interval"),
        (["--schedule-interval", "1e300"], "--schedule-interval"),
        (["--schedule-cron", "every day"], "is not a timetable"),
        (["--schedule-cron", "99 * * * *"], "is not a timetable"),
        (["--schedule-cron", "* * * * *", "--schedule-interval", "5"], "exclude each other"),
    ],
)
def test_wrong_use_of_produce_is_a_usage_error(arguments: list[str], says: str) -> None:
    result = run(produce, *arguments)
    assert result.exit_code == 2
    assert says in result.output


def an_event_file(folder: Path, name: str) -> str:
    event = {"id": 1, "minute": 0, "second": 0, "type": {"name": "Pass"}}
    path = folder / name
    path.write_text(json.dumps([{**event, "team": {"name": "A"}}, {**event, "id": 2, "team": {"name": "B"}}]))
    return str(path)


def test_wrong_use_of_replay_is_a_usage_error(tmp_path: Path) -> None:
    one, two = an_event_file(tmp_path, "1.json"), an_event_file(tmp_path, "2.json")
    assert run(replay).exit_code == 2
    for option in ("--home", "--away", "--match-id", "--companion"):
        result = run(replay, one, two, option, "x")
        assert result.exit_code == 2
        assert "give one FILE" in result.output
    result = run(replay, one, one)
    assert result.exit_code == 2
    assert "would both be match 1" in result.output


def test_a_schedule_fires_at_once_and_again() -> None:
    with fire(every=0.05) as fired:
        for _ in range(3):
            assert fired.wait(5)
            fired.clear()


def test_a_schedule_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with fire(cron="* * * * *"):
        pass
    deadline = threading.Event()
    for _ in range(100):
        if threading.active_count() <= before:
            break
        deadline.wait(0.05)
    assert threading.active_count() <= before
