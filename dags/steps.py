"""The tasks of a DAG: the steps of one release, one after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import chain, task
from release import run_first_step, run_step

COMMON: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
    },
    "tags": ["matchcast"],
}
"""What the DAGs have in common. Without a start date, the first run is at the next time of the timetable."""


def add_steps(first: str, *others: str) -> None:
    """Add a task for each step to the DAG that is being made.

    The batch of a run is its id, so that a task that is run again does the same work. The first task
    notes the release that is current then; the others use the same, whatever is deployed meanwhile.
    """
    batch = "{{ run_id }}"
    begun = task(task_id=first)(run_first_step)(first, batch)
    release = f"{{{{ ti.xcom_pull(task_ids='{first}')['release'] }}}}"
    chain(begun, *(task(task_id=step)(run_step)(release, step, batch) for step in others))
