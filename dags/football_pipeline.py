"""Turns the stream into history: drain, features of finished matches, batch scores, checks.

The batch of a run is its id, so that a task that is run again does the same work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import dag, task
from release import note_release, run_step


@dag(
    schedule="*/10 * * * *",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
    },
    tags=["matchcast"],
    doc_md=__doc__,
)
def football_pipeline() -> None:
    """Four steps of one release, one after the other."""

    @task
    def release() -> str:
        return note_release()

    @task
    def drain(release: str, run_id: str | None = None) -> str:
        return str(run_step(release, "drain", str(run_id))["batch"])

    @task
    def features(release: str, batch: str) -> str:
        return str(run_step(release, "features", batch)["batch"])

    @task
    def score(release: str, batch: str) -> str:
        return str(run_step(release, "score", batch)["batch"])

    @task
    def check(release: str, batch: str) -> dict[str, Any]:
        return run_step(release, "check", batch)

    chosen = release()
    check(chosen, score(chosen, features(chosen, drain(chosen))))


football_pipeline()
