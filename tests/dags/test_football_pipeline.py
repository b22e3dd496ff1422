"""The stream becomes history by Airflow's own hand: once each, whatever fails or is killed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.dags.conftest import Airflow, Site

from matchcast.history.parquet import open_history

FOOTBALL = "football_pipeline"


def require_each_once(site: Site, written: int) -> None:
    with open_history(site.history) as database:
        ((rows, places),) = database.execute(
            "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM events"
        ).fetchall()
    assert rows == places == written


def test_dags_load_without_errors(airflow: Airflow) -> None:
    assert airflow.loaded["errors"] == {}
    assert FOOTBALL in airflow.loaded["dags"]


def test_dags_stay_thin() -> None:
    folder = Path(__file__).parents[2] / "dags"
    for file in folder.glob("*_pipeline.py"):
        assert len(file.read_text().splitlines()) < 60, file


def test_what_played_on_the_stream_is_history_scored_and_checked(
    airflow: Airflow, site: Site, played: dict[str, list[bytes]]
) -> None:
    written = site.write(played)
    run = airflow.run(FOOTBALL, "2026-01-01T00:00:00+00:00", **site.variables)
    assert run.state == "success", run.log
    assert run.returned["drain"]["batch"] == run.run_id
    assert run.returned["drain"]["events"] == written
    checked = run.returned["check"]
    assert (checked["passed"], checked["faults"]) == (True, [])
    assert 0 < checked["log_loss"] < 1.5
    require_each_once(site, written)
    with open_history(site.history) as database:
        ended = database.execute("SELECT match_id FROM matches WHERE origin = 'simulated'").fetchall()
        scored = database.execute(
            "SELECT match_id, count(*), count(DISTINCT model_version) FROM read_parquet(?) GROUP BY ALL",
            [str(site.history.path / "forecasts" / f"{run.run_id}.parquet")],
        ).fetchall()
    assert sorted(row[0] for row in ended) == sorted(played)
    assert sorted(scored) == [(match_id, 18, 1) for match_id in sorted(played)]


def test_what_is_missing_fails_its_task_with_the_reason_and_the_run_succeeds_when_run_again(
    airflow: Airflow, site: Site, played: dict[str, list[bytes]]
) -> None:
    written = site.write(played)
    moment = "2026-01-02T00:00:00+00:00"
    for task, reason, wrong in (
        ("drain", "✘ Kafka at 127.0.0.1:1 does not answer", {"MATCHCAST_KAFKA_BROKER": "127.0.0.1:1"}),
        ("drain", "has no topic nowhere", {"MATCHCAST_EVENTS_TOPIC": "nowhere"}),
        ("score", "gives no forecast: nothing listens there", {"MATCHCAST_API_URL": "http://127.0.0.1:1"}),
    ):
        failed = airflow.run(FOOTBALL, moment, **{**site.variables, **wrong})
        assert (failed.state, failed.tasks[task]) == ("failed", "failed"), failed.log
        assert reason in failed.log
    run = airflow.run(FOOTBALL, moment, **site.variables)
    assert run.state == "success", run.log
    assert run.run_id == failed.run_id
    require_each_once(site, written)


def test_a_run_whose_task_is_killed_goes_on_when_run_again_and_loses_and_doubles_nothing(
    airflow: Airflow, site: Site, played: dict[str, list[bytes]], eventually: Callable[..., None]
) -> None:
    written = site.write(played)
    moment = "2026-01-03T00:00:00+00:00"
    airflow.begin(FOOTBALL, moment, **site.variables)
    eventually(lambda: list(site.history.path.rglob("batches/*.json")))
    airflow.kill()
    airflow.start()
    run = airflow.run(FOOTBALL, moment, **site.variables)
    assert run.state == "success", run.log
    require_each_once(site, written)
    assert [path.stem for path in (site.history.path / "batches").iterdir()] == [run.run_id]
