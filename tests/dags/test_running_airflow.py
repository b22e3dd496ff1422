"""The DAGs in an Airflow as on servers: PostgreSQL, FAB's login, LocalExecutor, all four processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient
from tests.api.conftest import run as run_api
from tests.dags.postgresql import find_binaries, running_postgresql
from tests.dags.running import AIRFLOW, RunningAirflow, running_airflow, wait_until
from tests.dags.test_retraining_pipeline import take_internationals

from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import open_history
from matchcast.local.broker import Broker
from matchcast.settings import Settings, load
from matchcast.stream.topics import catalogue, ensure_topics
from matchcast.stream.writer import EventWriter

FOOTBALL, RETRAINING = "football_pipeline", "retraining_pipeline"
WOKEN = "asset_triggered"
GAP = 5
GROUP = "matchcast_match_ends"

pytestmark = pytest.mark.timeout(900)


@dataclass
class Site:
    """A running Airflow with a broker, a model API and a history."""

    airflow: RunningAirflow
    broker: Broker
    settings: Settings
    history: HistoryFolder

    def write(self, records: dict[str, list[bytes]]) -> None:
        """Put the records of matches onto the stream."""
        with EventWriter(self.settings.kafka_broker, linger_ms=5) as writer:
            for match_id, values in records.items():
                for value in values:
                    writer.write(self.settings.events_topic, value, key=match_id.encode())

    def looked_through(self) -> int | None:
        """Return up to which of all offsets the trigger has told the ends; None: it has not begun."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        wanted = [ConsumerGroupTopicPartitions(GROUP)]
        (answer,) = admin.list_consumer_group_offsets(wanted).values()
        places = answer.result(60).topic_partitions or []
        if len(places) < self.settings.events_partitions:
            return None
        return sum(max(place.offset, 0) for place in places)

    def woken(self) -> list[dict[str, Any]]:
        """Return the runs that an end of a match has woken."""
        return [run for run in self.airflow.runs(FOOTBALL) if run["run_type"] == WOKEN]

    def told(self) -> int:
        """Return of how many ends Airflow was told.

        Airflow answers with 500 while a run that an event woke is queued: its answer requires the start of
        that run.
        """
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            try:
                answers.append(self.airflow.ask("GET", "assets/events?limit=100"))
            except requests.HTTPError as error:
                if error.response.status_code != 500:
                    raise
            return bool(answers)

        wait_until(answered, "Airflow lists the ends that it was told of")
        return sum(event["extra"]["payload"]["ends"] for event in answers[0]["asset_events"])

    def rest(self) -> None:
        """Wait until no run is active."""
        wait_until(
            lambda: {run["state"] for run in self.airflow.runs(FOOTBALL)} <= {"success", "failed"},
            "all runs are over",
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests of this file: it takes a minute to begin. Its topic is made last."""
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("there is no PostgreSQL here; requirements/postgresql.sh installs it")
    folder = tmp_path_factory.mktemp("site")
    with Broker.running(folder / "kafka", heap="384m") as broker, running_postgresql(binaries) as database:
        settings = load(kafka_broker=broker.bootstrap)
        of_api = {"MATCHCAST_KAFKA_BROKER": broker.bootstrap, "MATCHCAST_STATE_DIR": str(folder / "api")}
        with run_api(folder / "api.log", "--workers", "2", **of_api) as api:
            variables = {
                "MATCHCAST_KAFKA_BROKER": broker.bootstrap,
                "MATCHCAST_API_URL": api.url,
                "MATCHCAST_HISTORY_DIR": str(folder / "history"),
                "MATCHCAST_STATE_DIR": str(folder / "state"),
                "MATCHCAST_WAKE_UP_GAP": str(GAP),
            }
            with running_airflow(folder / "airflow", database, variables, fab=True) as airflow:
                site = Site(airflow, broker, settings, HistoryFolder(folder / "history"))
                ensure_topics(broker.bootstrap, catalogue(settings))
                wait_until(lambda: site.looked_through() is not None, "the trigger finds the new topic")
                yield site


def end_of(match_id: str) -> bytes:
    match = {"id": match_id, "home_team": "Rovers", "away_team": "City"}
    return json.dumps(
        {"id": f"{match_id}-end", "minute": 93, "second": 0, "period": 2, "type": {"name": "Match End"},
         "team": {"name": "Rovers"}, "match": match}
    ).encode()  # fmt: skip


def test_an_end_of_a_match_wakes_the_football_pipeline_and_the_match_is_history(
    site: Site, matches: Callable[..., dict[Any, list[bytes]]]
) -> None:
    played = {info.id: records for info, records in matches(3).items()}
    site.write(played)
    wait_until(site.woken, "an end wakes the pipeline")
    wait_until(lambda: site.told() == 9, "Airflow is told of all ends")
    site.rest()
    assert {run["state"] for run in site.woken()} == {"success"}
    with open_history(site.history) as database:
        ended = database.execute("SELECT match_id FROM matches WHERE origin = 'simulated'").fetchall()
        ((rows, places),) = database.execute(
            "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM events"
        ).fetchall()
    assert sorted(row[0] for row in ended) == sorted(played)
    assert rows == places == sum(map(len, played.values()))


def test_a_burst_of_ends_wakes_it_twice_at_most_and_is_told_whole(site: Site) -> None:
    woken, told = len(site.woken()), site.told()
    looked = site.looked_through() or 0
    site.write({f"burst_{number}": [end_of(f"burst_{number}")] for number in range(20)})
    wait_until(lambda: site.told() == told + 20, "Airflow is told of all ends")
    wait_until(lambda: site.looked_through() == looked + 20, "the trigger has told all that it read")
    wait_until(lambda: len(site.woken()) > woken, "the ends wake the pipeline")
    site.rest()
    assert 1 <= len(site.woken()) - woken <= 2


def test_a_broker_that_was_away_is_followed_again(site: Site) -> None:
    told, looked = site.told(), site.looked_through() or 0
    site.broker.kill()
    wait_until(
        lambda: "no ends of matches are seen" in (site.airflow.home / "triggerer.log").read_text(),
        "the trigger says that Kafka is away",
    )
    site.broker.start()
    site.broker.wait_until_ready()
    site.write({"back": [end_of("back")]})
    wait_until(lambda: site.told() == told + 1, "the end after the outage is told")
    # A triggerer that is ended before it has noted that tells it again, as the next test would count.
    wait_until(lambda: site.looked_through() == looked + 1, "the trigger has noted that it told it")


def test_a_triggerer_that_was_away_tells_of_the_end_that_came_meanwhile(site: Site) -> None:
    told = site.told()
    site.airflow.stop("triggerer")
    site.write({"meanwhile": [end_of("meanwhile")]})
    site.airflow.start("triggerer")
    wait_until(lambda: site.told() == told + 1, "the end that came meanwhile is told")


def test_of_two_runs_asked_for_at_once_one_waits_and_nothing_is_there_twice(
    site: Site, matches: Callable[..., dict[Any, list[bytes]]]
) -> None:
    ((_, records),) = matches(1, seed=7).items()
    site.write({"m0_again": records})
    one, other = site.airflow.trigger(FOOTBALL), site.airflow.trigger(FOOTBALL)
    assert (site.airflow.finish(FOOTBALL, one), site.airflow.finish(FOOTBALL, other)) == ("success",) * 2
    runs = {run["dag_run_id"]: run for run in site.airflow.runs(FOOTBALL)}
    first, second = sorted((runs[one], runs[other]), key=lambda run: str(run["start_date"]))
    assert second["start_date"] >= first["end_date"]
    with open_history(site.history) as database:
        ((rows, places),) = database.execute(
            "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM events"
        ).fetchall()
    assert rows == places


def test_a_failed_check_of_quality_is_not_tried_again_and_tells_the_reason(site: Site) -> None:
    def failed() -> list[str]:
        return [run["dag_run_id"] for run in site.airflow.runs(FOOTBALL) if run["state"] == "failed"]

    site.rest()
    before = failed()
    site.write({"broken": [b"no record"] * 20})
    site.airflow.trigger(FOOTBALL)
    wait_until(lambda: len(failed()) > len(before), "the run that drains the broken records fails")
    (run,) = set(failed()) - set(before)
    tasks = site.airflow.tasks(FOOTBALL, run)
    assert {name: one["state"] for name, one in tasks.items()} == {
        "drain": "success", "features": "success", "score": "success", "check": "failed",
    }  # fmt: skip
    assert tasks["check"]["try_number"] == 1
    assert "nearly all records can be read: 20 of 20 fail" in site.airflow.log(FOOTBALL, run, "check")


def test_retraining_runs_to_its_end(site: Site, open_data: Path) -> None:
    take_internationals(site.history.path, open_data)
    run = site.airflow.trigger(RETRAINING)
    assert site.airflow.finish(RETRAINING, run, 600) == "success", site.airflow.tasks(RETRAINING, run)
    promoted = site.airflow.result(RETRAINING, run, "promote")
    verified = site.airflow.result(RETRAINING, run, "verify")
    assert verified["champion"] == promoted["champion"]
    assert promoted["reasons"]
