"""Keeps the champion good: assemble, train a challenger, evaluate, gate, promote or keep, verify.

It runs every night and by hand. A run judges against the champion of its beginning, on matches that
neither model has seen; simulated ones take no part. Beside that, files of the history are tidied.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag
from steps import COMMON, add_steps


@dag(schedule=CronTriggerTimetable("30 3 * * *", timezone="UTC"), doc_md=__doc__, **COMMON)
def retraining_pipeline() -> None:
    """The steps of one release, one after the other, and `tidy`, which holds up none of them."""
    add_steps("assemble", "train", "evaluate", "gate", "promote", "verify")
    add_steps("tidy")


retraining_pipeline()
