"""A weak champion is replaced by what real matches teach; every worker serves the new one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from msgspec.structs import replace
from tests.api.conftest import RunApi
from tests.dags.conftest import Airflow, kill_with_step

from matchcast.forecast.artefact import load_champion, to_bytes
from matchcast.local.broker import Broker
from matchcast.pipeline.registry import open_log
from matchcast.settings import Settings, load

RETRAINING = "retraining_pipeline"
WHO = "test"


def take_internationals(history: Path, data: Path) -> None:
    """Bring the internationals into a history; without the detailed matches training is quick."""
    folder = history.with_name("internationals")
    folder.mkdir()
    for file in data.glob("international_*.csv.gz"):
        (folder / file.name).symlink_to(file.resolve())
    command = [sys.executable, "-m", "matchcast", "history", "--history", str(history), "fetch"]
    subprocess.run([*command, "--data", str(folder)], check=True, capture_output=True)


def weaken(settings: Settings) -> str:
    """Make a model the champion that knows nothing of the teams, and learned until 2018."""
    strong = load_champion()
    scale = replace(strong.ratings.national.scale, slope=0.0)
    national = replace(strong.ratings.national, scale=scale)
    weak = replace(
        strong,
        ratings=replace(strong.ratings, national=national),
        card=replace(strong.card, trained_until="2018-01-01"),
    )
    with open_log(settings) as log:
        log.add(to_bytes(weak), who=WHO, why="weakened")
        log.promote(weak.version, who=WHO, why="weakened")
    return weak.version


@pytest.mark.timeout(600)
def test_a_weak_champion_is_replaced_and_an_equal_challenger_is_not_promoted(
    airflow: Airflow, start_kafka: Callable[[], Broker], run_api: RunApi, tmp_path: Path, open_data: Path
) -> None:
    settings = load(kafka_broker=start_kafka().bootstrap)
    take_internationals(tmp_path / "history", open_data)
    weak = weaken(settings)
    of_api = {"MATCHCAST_KAFKA_BROKER": settings.kafka_broker, "MATCHCAST_STATE_DIR": str(tmp_path / "api")}
    with run_api("--workers", "2", **of_api) as api:
        variables = {
            "MATCHCAST_KAFKA_BROKER": settings.kafka_broker,
            "MATCHCAST_HISTORY_DIR": str(tmp_path / "history"),
            "MATCHCAST_API_URL": api.url,
        }
        run = airflow.run(RETRAINING, "2026-02-01T00:00:00+00:00", **variables)
        assert run.state == "success", run.log
        assert run.returned["promote"]["promoted"], run.returned["promote"]["reasons"]
        champion = run.returned["verify"]["champion"]
        assert champion == run.returned["train"]["challenger"] != weak
        served = {requests.get(f"{api.url}/model", timeout=5).json()["version"] for _ in range(20)}
        assert served == {champion}
        again = airflow.run(RETRAINING, "2026-02-02T00:00:00+00:00", **variables)
    assert again.state == "success", again.log
    assert not again.returned["promote"]["promoted"]
    assert again.returned["gate"]["challenger"], "it was judged, and not for want of matches that it stays"
    assert any("it does not surely win" in reason for reason in again.returned["promote"]["reasons"])
    with open_log(settings) as log:
        assert log.refresh().champion == champion


@pytest.mark.timeout(900)
def test_a_run_that_is_killed_at_each_step_promotes_once_when_run_again(
    airflow: Airflow,
    start_kafka: Callable[[], Broker],
    run_api: RunApi,
    tmp_path: Path,
    open_data: Path,
    eventually: Callable[..., None],
) -> None:
    settings = load(kafka_broker=start_kafka().bootstrap)
    take_internationals(tmp_path / "history", open_data)
    weak = weaken(settings)
    of_api = {"MATCHCAST_KAFKA_BROKER": settings.kafka_broker, "MATCHCAST_STATE_DIR": str(tmp_path / "api")}
    moment = "2026-03-01T00:00:00+00:00"
    with run_api("--workers", "2", **of_api) as api:
        variables = {
            "MATCHCAST_KAFKA_BROKER": settings.kafka_broker,
            "MATCHCAST_HISTORY_DIR": str(tmp_path / "history"),
            "MATCHCAST_API_URL": api.url,
        }
        for step in ("tidy", "assemble", "train", "evaluate", "gate", "promote", "verify"):
            airflow.begin(RETRAINING, moment, **variables)
            eventually(lambda name=step: airflow.step(name), 200)
            kill_with_step(airflow, step)
            airflow.start()
        run = airflow.run(RETRAINING, moment, **variables)
    assert run.state == "success", run.log
    champion = run.returned["verify"]["champion"]
    assert champion == run.returned["train"]["challenger"] != weak
    with open_log(settings) as log:
        changes = [taken.change for taken in log.refresh().changes if taken.change.who != WHO]
    assert [(change.kind, change.version) for change in changes] == [("add", champion), ("promote", champion)]
