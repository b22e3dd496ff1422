"""Asks the model API for what the matches want to know: one request a match at a time, newest state first."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from matchcast.forecast.situation import Situation
from matchcast.live.errors import ForecastRejected, ForecastUnavailable
from matchcast.live.model_api import ModelApi
from matchcast.live.points import Point, Question
from matchcast.live.running import RunningMatch

log = logging.getLogger(__name__)

WORKERS = 3
"""Requests under way at once, over all matches."""

MATCH_GAP_SECONDS = 0.02
"""Least time between two requests for a match; what changes meanwhile is asked for in one."""

FIRST_RETRY_SECONDS = 0.25
LONGEST_RETRY_SECONDS = 5.0


class Forecasting:
    """Keeps the matches' forecasts up to date.

    Args:
        api: whom to ask.
        lock: guards the matches; held while they are read or changed, never while the API is asked.
        on_change: called, with the lock held, for each match that got something.
        on_outage: called, with the lock held, when the API stops or begins to answer.

    Attributes:
        problem: why there are no forecasts at present; None while there are.
        since: when that began, in seconds since the epoch.
        last_success: when the API answered last, in seconds since the epoch.
        model_version: the model of its newest answer.
    """

    def __init__(
        self,
        api: ModelApi,
        lock: threading.RLock,
        on_change: Callable[[RunningMatch], None],
        on_outage: Callable[[], None],
    ) -> None:
        self.problem: str | None = None
        self.since = time.time()
        self.last_success: float | None = None
        self.model_version: str | None = None
        self._api = api
        self._changed = threading.Condition(lock)
        self._on_change = on_change
        self._on_outage = on_outage
        self._wanting: dict[str, RunningMatch] = {}
        self._asking: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._retry_at = 0.0
        self._paused = True
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; nothing is asked before `resume`."""
        for number in range(WORKERS):
            thread = threading.Thread(target=self._work, name=f"forecasts-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float = 10) -> None:
        """Ask no more; waits for the requests under way and lets go of the connections."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._api.close()

    def resume(self) -> None:
        """Ask from now on: the matches are up to date."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def pause(self) -> None:
        """Ask no more until `resume`: what the matches show is of the past."""
        with self._changed:
            self._paused = True

    def want(self, match: RunningMatch) -> None:
        """See to the forecasts that a match wants; call it with the lock held."""
        if self._wanting.get(match.match_id) is not match:
            self._wanting[match.match_id] = match
            if not self._paused:
                self._changed.notify()

    def forget(self, match_id: str) -> None:
        """Ask no more for a match; call it with the lock held."""
        self._wanting.pop(match_id, None)
        self._not_before.pop(match_id, None)

    def clear(self) -> None:
        """Ask no more for any match; call it with the lock held."""
        self._wanting.clear()
        self._not_before.clear()

    def _work(self) -> None:
        while True:
            with self._changed:
                taken = self._take()
                if self._stopping:
                    return
                if taken is None:
                    continue
                match, question = taken
            try:
                self._answer(match, question)
            except ForecastUnavailable as error:
                with self._changed:
                    self._note_failure(error.reason)
            except Exception:
                log.exception("a forecast failed", extra={"match_id": match.match_id})
                with self._changed:
                    self._note_failure("of an error in this process, see its log")
            finally:
                with self._changed:
                    self._asking.discard(match.match_id)
                    followed = match.match_id in self._not_before and match.match_id not in self._wanting
                    if followed and match.wants_forecast:
                        self.want(match)
                    self._changed.notify()

    def _take(self) -> tuple[RunningMatch, Question] | None:
        """Return the next match to ask for, and what; or wait for something to change and return None."""
        now = time.monotonic()
        soonest = now + 1.0
        if not self._paused and now >= self._retry_at:
            for match_id, match in self._wanting.items():
                if match_id in self._asking:
                    continue
                ready_at = self._not_before.get(match_id, 0.0)
                if ready_at > now:
                    soonest = min(soonest, ready_at)
                    continue
                del self._wanting[match_id]
                question = match.ask()
                if question is None:
                    return None
                self._asking.add(match_id)
                self._not_before[match_id] = now + MATCH_GAP_SECONDS
                return match, question
        elif not self._paused:
            soonest = self._retry_at
        self._changed.wait(max(0.001, soonest - now))
        return None

    def _answer(self, match: RunningMatch, question: Question) -> None:
        if question.situation is not None:
            try:
                forecast = self._api.forecast(question.situation, question.before)
            except ForecastRejected as error:
                with self._changed:
                    log.warning("no forecast: %s", error.reason, extra={"match_id": match.match_id})
                    match.reject(question.situation, error.reason)
                    self._note_success(match)
            else:
                with self._changed:
                    match.take_forecast(question.situation, forecast)
                    self._note_success(match, forecast.model_version)
        if question.pre_match is not None:
            self._answer_pre_match(match, question.pre_match)
        self._answer_points(match, [point for point in question.points if point.situation is not None])

    def _answer_pre_match(self, match: RunningMatch, situation: Situation) -> None:
        try:
            outcomes, version = self._api.outcomes([situation])
        except ForecastRejected as error:
            log.warning(
                "no forecast from before kick-off: %s", error.reason, extra={"match_id": match.match_id}
            )
            match.refuse_pre_match()
            return
        with self._changed:
            match.take_pre_match(outcomes[0])
            self._note_success(match, version)

    def _answer_points(self, match: RunningMatch, points: list[Point]) -> None:
        """Ask for points; when the API refuses one of them, find it by halves and forget it alone."""
        if not points:
            return
        try:
            outcomes, version = self._api.outcomes([point.situation for point in points if point.situation])
        except ForecastRejected as error:
            if len(points) > 1:
                middle = len(points) // 2
                self._answer_points(match, points[:middle])
                self._answer_points(match, points[middle:])
                return
            with self._changed:
                log.warning("a point has no forecast: %s", error.reason, extra={"match_id": match.match_id})
                match.drop_point(points[0])
            return
        with self._changed:
            match.take_points(points, outcomes, version)
            self._note_success(match, version)

    def _note_success(self, match: RunningMatch, model_version: str | None = None) -> None:
        self.last_success = time.time()
        self._retry_seconds = FIRST_RETRY_SECONDS
        if model_version is not None:
            self.model_version = model_version
        if self.problem is not None:
            log.info("the model API answers again")
            self.problem, self.since = None, time.time()
            self._on_outage()
        self._on_change(match)

    def _note_failure(self, reason: str) -> None:
        self._retry_at = time.monotonic() + self._retry_seconds * random.uniform(0.8, 1.2)  # noqa: S311
        self._retry_seconds = min(LONGEST_RETRY_SECONDS, self._retry_seconds * 2)
        if self.problem is None:
            self.problem, self.since = reason, time.time()
            log.warning("no forecasts: %s", reason)
            self._on_outage()
        self.problem = reason
