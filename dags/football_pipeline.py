"""Turns the stream into history: drain, features of finished matches, batch scores, checks.

It runs every ten minutes, by hand, and soon after a match has ended.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, dag
from match_ends import MatchEnded
from steps import COMMON, add_steps

ends = Asset("ends_of_matches", watchers=[AssetWatcher(name="match_ended", trigger=MatchEnded())])


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/10 * * * *", timezone="UTC"), assets=[ends]
    ),
    doc_md=__doc__,
    **COMMON,
)
def football_pipeline() -> None:
    """The steps of one release, one after the other."""
    add_steps("drain", "features", "score", "check")


football_pipeline()
