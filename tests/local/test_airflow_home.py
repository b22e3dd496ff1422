"""The folder of the local Airflow: a database that cannot be used is a sentence, and logs do not pile up."""

from __future__ import annotations

import configparser
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.local.machine import Machine

import matchcast
from matchcast.local.airflow_environment import AirflowUnavailable, Checkout
from matchcast.local.airflow_home import KEPT_DAYS, AirflowHome
from matchcast.local.folder import StateFolder


def make_home(root: Path) -> AirflowHome:
    checkout = Checkout.find()
    assert checkout is not None
    folder = StateFolder(root)
    folder.make()
    home = AirflowHome(folder, checkout, 18080)
    home.write_settings({"admin": "100%", "dashboard": "other"})
    return home


def test_a_database_is_migrated_when_the_lock_has_changed_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    variables = {**os.environ, "AIRFLOW_HOME": str(home.path)}
    home.prepare_database(variables)
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("INSERT INTO variable (key, val, is_encrypted) VALUES ('kept', 'yes', 0)")
        database.commit()
    (home.path / "migrated").write_text("of an older lock")
    home.prepare_database(variables)
    assert not home.database.with_suffix(".migrating").exists()
    with closing(sqlite3.connect(home.database)) as database:
        assert database.execute("SELECT val FROM variable WHERE key = 'kept'").fetchall() == [("yes",)]
    migrated = home.database.stat()
    home.prepare_database(variables)
    assert home.database.stat().st_ino == migrated.st_ino


def test_a_wake_up_that_waits_for_a_run_does_not_fill_the_scheduler_s_log(tmp_path: Path) -> None:
    checkout = Checkout.find()
    assert checkout is not None
    if not checkout.python.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    home = make_home(tmp_path)
    home.prepare_database({**os.environ, "AIRFLOW_HOME": str(home.path)})
    code = """
import logging
from airflow.models import DagModel
from airflow.models.asset import AssetDagRunQueue, AssetModel
from airflow.models.dagbundle import DagBundleModel
from airflow.utils.session import create_session

with create_session() as session:
    session.add_all([AssetModel(id=1, name="ends", uri="ends"), DagBundleModel(name="here")])
    session.flush()
    session.add(DagModel(dag_id="waits", bundle_name="here", asset_expression={"asset": {"uri": "ends"}}))
    session.flush()
    session.add(AssetDagRunQueue(asset_id=1, target_dag_id="waits"))
    session.flush()
    DagModel.dags_needing_dagruns(session)
logging.getLogger("airflow.jobs").info("the round is over")
"""
    done = subprocess.run(
        [checkout.python, "-c", code], env={**os.environ, "AIRFLOW_HOME": str(home.path)},
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "the round is over" in said, "what else the scheduler says is there to read"
    assert "waits" not in said


def test_the_record_of_runs_is_kept_for_some_days_and_that_of_the_last_for_ever(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    variables = {**os.environ, "AIRFLOW_HOME": str(home.path)}
    home.prepare_database(variables)
    now = datetime.now(UTC)
    runs = [("a", 20, "success"), ("b", 8, "failed"), ("c", 9, "running"), ("d", 6, "success")]
    with closing(sqlite3.connect(home.database)) as database, database:
        for dag_id in ("football_pipeline", "seldom"):
            for run_id, days_ago, state in runs if dag_id != "seldom" else [("once", 400, "success")]:
                at = (now - timedelta(days=days_ago)).strftime("%Y-%m-%d %H:%M:%S.%f")
                run = database.execute(
                    "INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, end_date) "
                    "VALUES (?, ?, 'scheduled', ?, ?, ?)",
                    [dag_id, run_id, state, at, None if state == "running" else at],
                )
                _insert_task(database, dag_id, run_id, run.lastrowid)
                database.execute(
                    "INSERT INTO log (dttm, event, run_id) VALUES (?, 'success', ?)", [at, run_id]
                )
    home.prepare_database(variables)
    with closing(sqlite3.connect(home.database)) as database:
        for table in ("dag_run", "task_instance", "xcom"):
            kept = database.execute(f"SELECT run_id FROM {table} ORDER BY run_id").fetchall()
            assert kept == [("c",), ("d",), ("once",)], table
        assert database.execute("SELECT run_id FROM log").fetchall() == [("d",)]


def _insert_task(database: sqlite3.Connection, dag_id: str, run_id: str, run: int | None) -> None:
    """Put a task of a run there, with what it returned."""
    task = {
        "id": f"{dag_id}.{run_id}", "task_id": "drain", "dag_id": dag_id, "run_id": run_id, "map_index": -1,
        "pool": "default_pool", "pool_slots": 1, "try_number": 1,
    }  # fmt: skip
    returned = {
        "dag_run_id": run, "task_id": "drain", "map_index": -1, "key": "return_value", "dag_id": dag_id,
        "run_id": run_id, "timestamp": "2026-01-01",
    }  # fmt: skip
    for table, row in (("task_instance", task), ("xcom", returned)):
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def test_a_damaged_database_is_named_with_what_to_do_about_it(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    home.database.write_bytes(b"no database at all, but long enough to have a header of one" * 20)
    with pytest.raises(AirflowUnavailable, match="file is not a database") as caught:
        home.prepare_database(os.environ)
    assert str(home.database) in caught.value.message
    assert f"move {home.database} aside" in (caught.value.hint or "")


def test_a_database_whose_pages_are_lost_is_damaged(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT)")
        database.executemany("INSERT INTO run (name) VALUES (?)", [("x" * 100,)] * 1000)
        database.commit()
    whole = home.database.read_bytes()
    home.database.write_bytes(whole[:8192] + bytes(len(whole) - 8192))
    with pytest.raises(AirflowUnavailable, match=r"damaged|malformed") as caught:
        home.prepare_database(os.environ)
    assert f"move {home.database} aside" in (caught.value.hint or "")


def test_a_database_that_another_process_has_locked_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matchcast.local.airflow_home.LOCK_SECONDS", 0.1)
    home = make_home(tmp_path)
    with closing(sqlite3.connect(home.database, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        with pytest.raises(AirflowUnavailable, match="Another process has locked") as caught:
            home.prepare_database(os.environ)
    assert "end that process" in (caught.value.hint or "")


def test_logs_of_tasks_are_kept_for_some_days(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    logs = home.path / "logs"
    old, new = logs / "run_id=1/attempt=1.log", logs / "run_id=2/attempt=1.log"
    for log in (old, new):
        log.parent.mkdir(parents=True)
        log.touch()
    long_ago = time.time() - (KEPT_DAYS + 1) * 86_400
    os.utime(old, (long_ago, long_ago))
    home.drop_old_logs()
    assert not old.parent.exists()
    assert new.exists()


def test_a_percent_sign_in_a_path_reaches_airflow_as_it_is(tmp_path: Path) -> None:
    home = make_home(tmp_path / "100%")
    read = configparser.ConfigParser()  # with interpolation, as Airflow reads it
    read.read(home.path / "airflow.cfg")
    assert read["database"]["sql_alchemy_conn"] == f"sqlite:///{home.database}"


def test_a_package_without_the_checkout_says_that_it_has_no_airflow(tmp_path: Path) -> None:
    package = Path(matchcast.__file__).parent
    shutil.copytree(package, tmp_path / "site" / "matchcast", ignore=shutil.ignore_patterns("__pycache__"))
    machine = Machine(tmp_path)
    _, shown = machine.run("doctor", PYTHONPATH=str(tmp_path / "site"))
    assert "not started: its lock comes with the checkout alone" in shown
    _, shown = machine.run("doctor", MATCHCAST_AIRFLOW_URL="http://10.0.0.7:8080")
    assert "not started here: MATCHCAST_AIRFLOW_URL is http://10.0.0.7:8080" in shown
    assert f"port {machine.airflow_port}" not in shown
