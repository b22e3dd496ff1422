"""The dashboard beside a real Airflow: what it lists, what the operator does, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect
from tests.dags.running import AIRFLOW, USER, RunningAirflow, running_airflow, wait_until

from matchcast.local.broker import Broker

from ..stream.dashboard.processes import PASSWORD, Api, Dashboard
from .conftest import OpenPage, make_topic

SLOW_MS = 90_000
"""A task takes Airflow a process of its own, which a busy machine starts in its own time."""

DAGS = """
import os, time
from datetime import datetime
from pathlib import Path
from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task

HELD = Path(os.environ["TEST_HELD"])

SELDOM = AssetOrTimeSchedule(
    timetable=CronTriggerTimetable("0 0 1 1 *", timezone="UTC"), assets=[Asset("ends_of_matches")]
)

@dag(schedule=SELDOM, catchup=False, start_date=datetime(2025, 1, 1), max_active_runs=1, tags=["matchcast"])
def football_pipeline():
    @task
    def drain():
        until = time.monotonic() + 120
        while HELD.exists() and time.monotonic() < until:
            time.sleep(0.1)
        return {"step": "drain", "events": 1234}
    drain()

@dag(schedule="0 0 1 1 *", start_date=datetime(2025, 1, 1), catchup=False, tags=["matchcast"])
def retraining_pipeline():
    @task
    def promote():
        return {"step": "promote", "champion": "goals-1", "promoted": False, "reasons": ["it does not surely win"]}
    promote()

football_pipeline()
retraining_pipeline()
"""

STRANGE = """
from datetime import datetime
from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2025, 1, 1), tags=["another team's"])
def payroll():
    @task
    def pay():
        pass
    pay()

payroll()
"""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """While this file is there, a run of football_pipeline goes on."""
    return tmp_path_factory.mktemp("held") / "held"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, held: Path) -> Iterator[RunningAirflow]:
    """An Airflow with DAGs that have the names of ours and take no time."""
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    home = tmp_path_factory.mktemp("airflow")
    (home / "dags").mkdir()
    (home / "dags/small.py").write_text(DAGS)
    variables = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        # A task gives up when Airflow's own server is slower than five seconds, as on a busy machine.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "TEST_HELD": str(held),
    }
    with running_airflow(home, f"sqlite:///{home}/airflow.db", variables) as airflow:
        (home / "dags/strange.py").write_text(STRANGE)
        wait_until(lambda: len(airflow.ask("GET", "dags")["dags"]) == 3, "another team has a DAG too")
        yield airflow


@pytest.fixture(scope="module")
def steered(
    kafka: Broker, api: Api, airflow: RunningAirflow, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """A dashboard that is connected to it."""
    folder = tmp_path_factory.mktemp("steered")
    password = folder / "password"
    password.write_text(airflow.password)
    with Dashboard(
        folder,
        kafka_broker=kafka.bootstrap,
        events_topic=make_topic(kafka),
        api_url=api.url,
        state_dir=folder / "state",
        airflow_url=airflow.url,
        airflow_public_url="http://127.0.0.1:9/airflow",
        airflow_user=USER,
        airflow_password_file=password,
    ) as dashboard:
        dashboard.wait_until_ready()
        yield dashboard


@pytest.fixture
def operator(steered: Dashboard) -> requests.Session:
    return steered.log_in()


def ask(dashboard: Dashboard, path: str) -> requests.Response:
    """Ask the dashboard what it has to ask Airflow, which takes its time where tasks start."""
    return requests.get(f"{dashboard.url}{path}", timeout=60)


def ask_until_told(dashboard: Dashboard, path: str) -> dict[str, Any]:
    """Ask until Airflow has the time to answer: on a busy machine it is told to be slow before."""
    answers: list[requests.Response] = []

    def is_told() -> bool:
        answers.append(ask(dashboard, path))
        return answers[-1].ok

    wait_until(is_told, f"{path} is answered")
    found: dict[str, Any] = answers[-1].json()
    return found


def runs_of(dashboard: Dashboard, dag: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask_until_told(dashboard, f"/api/airflow/dags/{dag}/runs")["runs"]
    return found


def dag_of(dashboard: Dashboard, dag: str) -> dict[str, Any]:
    dags = ask_until_told(dashboard, "/api/airflow/dags")["dags"]
    return next(one for one in dags if one["dag_id"] == dag)


def lamp_of(dashboard: Dashboard) -> tuple[str, str]:
    parts = dashboard.get("/api/system/status").json()["components"]
    lamp = next(part for part in parts if part["name"] == "airflow")
    return lamp["state"], lamp["reason"]


def act(dashboard: Dashboard, operator: requests.Session, dag: str, what: str) -> requests.Response:
    return operator.post(f"{dashboard.url}/api/airflow/dags/{dag}/{what}", json={}, timeout=60)


def test_the_dags_of_this_system_are_listed_and_nobody_elses(steered: Dashboard) -> None:
    dags = ask_until_told(steered, "/api/airflow/dags")["dags"]
    assert [dag["dag_id"] for dag in dags] == ["football_pipeline", "retraining_pipeline"]
    assert dags[1]["next_run"].endswith("-01-01T00:00:00Z")
    assert ask(steered, "/api/airflow/dags/payroll/runs").status_code == 404


def test_a_run_that_is_triggered_is_one_run_and_says_what_came_of_it(
    steered: Dashboard, operator: requests.Session
) -> None:
    first, second = (act(steered, operator, "retraining_pipeline", "trigger") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    run_id = first.json()["run"]["run_id"]
    assert second.json()["run"]["run_id"] == run_id

    def asked_for() -> list[dict[str, Any]]:
        return [run for run in runs_of(steered, "retraining_pipeline") if run["run_type"] == "manual"]

    wait_until(lambda: {run["state"] for run in asked_for()} == {"success"}, "it succeeds")
    (run,) = asked_for()
    assert run["run_id"] == run_id
    assert run["result"] == "Kept goals-1: it does not surely win."
    last = dag_of(steered, "retraining_pipeline")["last_run"]
    assert last == runs_of(steered, "retraining_pipeline")[0]


def test_a_paused_dag_takes_a_run_and_holds_it_until_it_is_resumed(
    steered: Dashboard, operator: requests.Session
) -> None:
    before = len(runs_of(steered, "football_pipeline"))
    paused = act(steered, operator, "football_pipeline", "pause")
    assert (paused.status_code, paused.json()["is_paused"]) == (200, True)
    assert dag_of(steered, "football_pipeline")["is_paused"] is True
    asked = act(steered, operator, "football_pipeline", "trigger").json()
    assert asked["note"] == "football_pipeline is paused: the run waits until it is resumed."
    assert runs_of(steered, "football_pipeline")[0]["state"] == "queued"
    resumed = act(steered, operator, "football_pipeline", "resume")
    assert resumed.json()["is_paused"] is False
    wait_until(lambda: runs_of(steered, "football_pipeline")[0]["state"] == "success", "the run goes on")
    assert len(runs_of(steered, "football_pipeline")) == before + 1


def test_the_lamp_names_a_dag_that_cannot_be_read(steered: Dashboard, airflow: RunningAirflow) -> None:
    wait_until(lambda: lamp_of(steered)[0] == "online", "the lamp is green")
    broken = airflow.home / "dags/broken.py"
    broken.write_text("import no_module_of_this_name\nfrom airflow.sdk import dag\n")

    def is_named() -> bool:
        state, reason = lamp_of(steered)
        return state == "warning" and "broken.py (ModuleNotFoundError: No module named" in reason

    try:
        wait_until(is_named, "the file is named")
    finally:
        broken.unlink()
    wait_until(lambda: lamp_of(steered)[0] == "online", "it is forgotten when it is gone")


def log_in(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/login")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#session")).to_contain_text("Operator")


def test_the_operator_steers_airflow_from_the_page(
    steered: Dashboard, open_page: OpenPage, held: Path
) -> None:
    page = open_page(steered)
    airflow = page.locator("#airflow")
    expect(airflow).to_contain_text("needs the operator’s login")
    expect(airflow.get_by_role("button", name="Trigger football_pipeline")).to_be_disabled()
    expect(page.get_by_role("link", name="Open Airflow")).to_have_attribute(
        "href", "http://127.0.0.1:9/airflow"
    )
    log_in(page, steered)
    football = airflow.locator("[data-key=football_pipeline]")
    trigger = football.get_by_role("button", name="Trigger football_pipeline")
    held.touch()
    try:
        trigger.focus()
        page.keyboard.press("Enter")
        expect(football.locator(".said")).to_have_text("A run is on its way.")
        expect(football.locator(".dag-state")).to_contain_text("Running for", timeout=SLOW_MS)
        expect(trigger).to_be_focused()
    finally:
        with suppress(FileNotFoundError):
            held.unlink()
    expect(football.locator(".dag-state")).to_contain_text("Succeeded", timeout=SLOW_MS)
    expect(football.locator(".dag-result")).to_have_text("1,234 events drained.")
    expect(football.locator(".said")).to_be_hidden()
    football.get_by_role("button", name="Pause").click()
    expect(football.locator(".dag-state")).to_contain_text("Paused")
    football.get_by_role("button", name="Resume").click()
    expect(football.get_by_role("button", name="Pause")).to_be_enabled()

    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{steered.url}/status")
    row = page.locator("#runs tbody tr", has_text="football_pipeline").first
    expect(row).to_contain_text("Succeeded")
    link = row.get_by_role("link", name="By hand")
    expect(link).to_have_attribute("title", re.compile("^dashboard__"))
    assert link.evaluate("node => node.getClientRects().length") == 1, "it takes one line"
    expect(page.locator("#runs dl")).to_contain_text(
        "on day 1 of the month, only in January, and when a match has ended"
    )
    expect(row).to_contain_text("1,234 events drained.")
    expect(row.get_by_role("link")).to_have_attribute(
        "href", f"http://127.0.0.1:9/airflow/dags/football_pipeline/runs/{row_id(steered)}"
    )


def row_id(dashboard: Dashboard) -> str:
    return str(runs_of(dashboard, "football_pipeline")[0]["run_id"]).replace(":", "%3A")


def test_an_airflow_that_goes_away_is_told_with_the_reason(
    steered: Dashboard, airflow: RunningAirflow, open_page: OpenPage
) -> None:
    """The last test of this file: it ends Airflow's server."""
    page = open_page(steered)
    log_in(page, steered)
    expect(page.locator("#airflow").get_by_role("button", name="Pause").first).to_be_enabled()
    airflow.stop("api-server")
    wait_until(lambda: lamp_of(steered)[0] == "offline", "the lamp says so")
    answer = ask(steered, "/api/airflow/dags")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:matchcast:problem:airflow-down"
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#airflow")).to_contain_text("does not answer: nothing listens there")
    expect(page.locator("#airflow").get_by_role("button", name="Pause").first).to_be_disabled()
