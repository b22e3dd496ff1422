"""What the lamp of Airflow says: which of its processes is amiss, and which file it could not read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from matchcast.dashboard.airflow_api import AirflowApi
from matchcast.dashboard.airflow_lamp import START_SECONDS, AirflowLamp
from matchcast.dashboard.monitor import Monitor
from matchcast.dashboard.status import Reading

from .airflow_server import HEALTHY, PARTS, AirflowServer, serving

NOWHERE = "http://127.0.0.1:1"
HEALTH = ("GET", "/api/v2/monitor/health")


@pytest.fixture
def airflow() -> Iterator[AirflowServer]:
    with serving() as airflow:
        yield airflow


def lamp_of(airflow: AirflowServer, password: str = AirflowServer.PASSWORD) -> AirflowLamp:
    return AirflowLamp(AirflowApi(airflow.url, "dashboard", SecretStr(password)))


def test_it_is_online_when_all_four_processes_are_healthy(airflow: AirflowServer) -> None:
    reading = lamp_of(airflow).read()
    assert reading.state == "online"
    assert reading.number is not None


@pytest.mark.parametrize(
    ("part", "status", "reason"),
    [
        ("scheduler", "unhealthy", "Its scheduler is unhealthy."),
        ("triggerer", None, "Its triggerer has never been seen."),
        ("dag_processor", "unhealthy", "Its DAG processor is unhealthy."),
        ("metadatabase", "unhealthy", "Its metadata database is unhealthy."),
    ],
)
def test_a_process_that_is_amiss_is_named(
    airflow: AirflowServer, part: str, status: str | None, reason: str
) -> None:
    airflow.answers[HEALTH] = 200, dict.fromkeys(PARTS, HEALTHY) | {part: {"status": status}}
    reading = lamp_of(airflow).read()
    assert (reading.state, reading.reason) == ("warning", reason)


def test_a_dag_that_cannot_be_read_is_named_with_its_error(airflow: AirflowServer) -> None:
    trace = "Traceback (most recent call last):\n  File ...\nModuleNotFoundError: No module named 'steps'\n"
    found = {"import_errors": [{"filename": "football_pipeline.py", "stack_trace": trace}]}
    airflow.answers["GET", "/api/v2/importErrors"] = 200, found
    reading = lamp_of(airflow).read()
    assert reading.state == "warning"
    assert reading.reason == (
        "It cannot read football_pipeline.py (ModuleNotFoundError: No module named 'steps')."
    )


def test_a_login_that_is_refused_is_a_warning_and_tried_once(airflow: AirflowServer) -> None:
    lamp = lamp_of(airflow, "wrong")
    for _ in range(3):
        reading = lamp.read()
    assert (reading.state, "refuses the login" in reading.reason) == ("warning", True)
    assert airflow.times("POST", "/auth/token") == 1


def test_where_nothing_listens_it_may_be_starting_and_in_the_end_is_offline() -> None:
    times = iter([0.0, START_SECONDS - 1, START_SECONDS])
    lamp = AirflowLamp(AirflowApi(NOWHERE, "dashboard", SecretStr("p")), lambda: next(times))
    early, late = lamp.read(), lamp.read()
    assert (early.state, early.reason) == (
        "unknown",
        "Airflow has not answered yet: it may still be starting.",
    )
    assert late.state == "offline"
    assert late.reason == f"Airflow at {NOWHERE} does not answer: nothing listens there."


def test_an_airflow_that_answered_and_went_away_is_offline_at_once() -> None:
    with serving() as airflow:
        lamp = lamp_of(airflow)
        assert lamp.read().state == "online"
    assert lamp.read().state == "offline"


def test_an_airflow_that_is_starting_is_no_outage_of_the_system() -> None:
    lamp = AirflowLamp(AirflowApi(NOWHERE, "dashboard", SecretStr("p")))
    monitor = Monitor({"airflow": lamp.read, "api": lambda: Reading("online", "It answers.")})
    for name in monitor.components:
        monitor.look(name)
    assert monitor.overall == "unknown"
    assert "x" not in monitor.components["airflow"].history()


def test_what_is_not_airflow_is_offline(airflow: AirflowServer) -> None:
    airflow.answers[HEALTH] = 200, b"<html>"
    assert lamp_of(airflow).read().state == "offline"
