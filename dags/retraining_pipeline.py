"""Keeps the champion good: assemble, train a challenger, evaluate, gate, promote or keep, verify.

A run judges against the champion of its beginning, on matches that neither model has seen; simulated
ones take no part. The batch of a run is its id, so that a task that is run again does the same work.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import chain, dag, task
from release import note_release, run_step

STEPS = ("assemble", "train", "evaluate", "gate", "promote", "verify")


@dag(
    schedule="30 3 * * *",
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
def retraining_pipeline() -> None:
    """The steps of one release, one after the other."""
    release = task(note_release)()
    chain(*(task(task_id=step)(run_step)(release, step, "{{ run_id }}") for step in STEPS))


retraining_pipeline()
