"""Firings by a timetable."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from matchcast.produce.errors import InvalidSchedule


@contextmanager
def fire(*, every: float | None = None, cron: str | None = None) -> Iterator[threading.Event]:
    """Set the event that is given, by a timetable, for as long as the context lasts.

    Args:
        every: Seconds between two firings; the first comes at once.
        cron: A crontab expression of five fields, in local time.

    Raises:
        InvalidSchedule: the expression cannot be read.
    """
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    fired = threading.Event()
    scheduler = BackgroundScheduler()
    first = {"next_run_time": datetime.now().astimezone()} if cron is None else {}
    scheduler.add_job(fired.set, trigger(every=every, cron=cron), coalesce=True, max_instances=1, **first)
    scheduler.start()
    try:
        yield fired
    finally:
        scheduler.shutdown(wait=False)


def trigger(*, every: float | None = None, cron: str | None = None) -> object:
    """Return APScheduler's trigger of a timetable; `fire` has the contract."""
    from apscheduler.triggers.cron import CronTrigger
    from apscheduler.triggers.interval import IntervalTrigger

    if cron is None:
        return IntervalTrigger(seconds=every)
    try:
        return CronTrigger.from_crontab(cron)
    except ValueError as error:
        raise InvalidSchedule(
            f"{cron!r} is not a timetable: {error}.",
            hint="write five fields as in a crontab: '*/5 * * * *' is every five minutes",
        ) from error
