"""Turns the stream into history: drain, features of finished matches, batch scores, checks.

The batch of a run is its id, so that a task that is run again does the same work.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import chain, dag, task
from release import note_release, run_step

STEPS = ("drain", "features", "score", "check")


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
    """The steps of one release, one after the other."""
    release = task(note_release)()
    chain(*(task(task_id=step)(run_step)(release, step, "{{ run_id }}") for step in STEPS))


football_pipeline()
