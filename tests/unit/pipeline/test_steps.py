"""Steps of the pipelines: what they refuse, and what they see in a match."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from tests.unit.pipeline.matches import MATCH

from matchcast.history.errors import HistoryBusy
from matchcast.history.files import ADDED, RETRAINING, STREAM, HistoryFolder
from matchcast.pipeline.command import pipeline
from matchcast.pipeline.errors import StepMissing
from matchcast.pipeline.features import situation_of, snapshots_of


@pytest.mark.parametrize("step", ["features", "score", "check", "train", "gate"])
def test_a_step_whose_batch_was_not_begun_says_which_to_run_first(step: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(pipeline, ["--history", str(tmp_path), step, "--batch", "b1"])
    assert isinstance(done.exception, StepMissing)
    assert done.exception.hint is not None
    assert "--batch b1` first" in done.exception.hint


@pytest.mark.parametrize(
    ("step", "broker", "code"), [("check", "127.0.0.1:1", 3), ("drain", "127.0.0.1:1", 1), ("drain", "", 1)]
)
def test_a_failure_that_lasts_ends_with_another_code_than_one_that_may_mend(
    step: str, broker: str, code: int, tmp_path: Path
) -> None:
    arguments = ["pipeline", "--history", str(tmp_path), "--kafka-broker", broker or "127.0.0.1:1", step]
    command = [sys.executable, "-m", "matchcast", *arguments, "--batch", "b1"]
    with HistoryFolder(tmp_path).locked(STREAM if not broker else ADDED):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert "✘ " in done.stderr
    assert "Try: " in done.stderr


@pytest.mark.parametrize(
    ("step", "part"),
    [("drain", STREAM), *((step, RETRAINING) for step in ("assemble", "train", "gate", "promote", "verify"))],
)
def test_two_at_once_are_refused(step: str, part: str, tmp_path: Path) -> None:
    arguments = ["--history", str(tmp_path), "--kafka-broker", "127.0.0.1:1", step, "--batch", "b1"]
    with HistoryFolder(tmp_path).locked(part):
        done = CliRunner().invoke(pipeline, arguments)
    assert isinstance(done.exception, HistoryBusy)
    assert done.exception.exit_code == 1


def test_a_match_is_seen_every_five_minutes_as_it_was_known_then() -> None:
    seen = {one.minute: one for one in snapshots_of([MATCH])}
    assert sorted(seen) == list(range(0, 90, 5))
    assert {one.result for one in seen.values()} == {"draw"}
    assert [(seen[at].home_goals, seen[at].away_goals) for at in (40, 45, 80, 85)] == [
        (0, 0),
        (1, 0),
        (1, 0),
        (1, 1),
    ]
    at_half_time, late = situation_of(seen[45]), situation_of(seen[65])
    assert (at_half_time.period, late.home_men, late.away_men) == (2, 11, 10)


def test_an_abandoned_match_has_no_features() -> None:
    assert snapshots_of([replace(MATCH, status="abandoned")]) == []
