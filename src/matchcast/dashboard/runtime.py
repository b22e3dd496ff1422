"""The dashboard of one process: the running matches, what is made of them, and the app that serves it."""

from __future__ import annotations

import logging

import gevent
from gevent.threadpool import ThreadPoolExecutor

from matchcast.dashboard.app import create_app, session_key
from matchcast.dashboard.board import Board
from matchcast.dashboard.match_requests import MatchRequests
from matchcast.dashboard.metrics import Metrics
from matchcast.dashboard.model_api import ModelApi
from matchcast.dashboard.monitor import Monitor
from matchcast.dashboard.operator import Operator
from matchcast.dashboard.probes import make_probes
from matchcast.dashboard.publisher import Publisher
from matchcast.dashboard.site import Site
from matchcast.errors import MatchcastError
from matchcast.live.service import EXECUTOR_THREADS, LiveOptions, LiveService
from matchcast.settings import Settings
from matchcast.stream.topics import Topics

log = logging.getLogger(__name__)

STOP_SECONDS = 6.0


class Runtime:
    """Everything that runs in a worker; made in it, after gevent has patched the standard library."""

    def __init__(self, settings: Settings) -> None:
        topics = Topics(events=settings.events_topic)
        executor = ThreadPoolExecutor(EXECUTOR_THREADS + 1)
        # What fails in a native thread is raised where its result is awaited; gevent need not print it too.
        hub = gevent.get_hub()
        hub.NOT_ERROR = (*hub.NOT_ERROR, MatchcastError)
        options = LiveOptions(
            broker=settings.kafka_broker,
            api_url=settings.api_url,
            checkpoint=settings.state_dir / "dashboard",
            topics=topics,
        )
        self._live = LiveService(options, executor)
        api = ModelApi(settings.api_url)
        board = Board(self._live, lambda: api.model)
        metrics = Metrics()
        self._monitor = Monitor(make_probes(self._live, api, lambda: self._broadcast.open_streams))
        self._publisher = Publisher(
            board, self._monitor, settings.max_streams, metrics.forecast_seconds.observe
        )
        self._broadcast = self._publisher.broadcast
        self._monitor.on_change = self._publisher.status_changed
        self._live.listen(self._publisher)
        metrics.watch(self._live, self._broadcast, self._monitor)
        key = session_key(settings.secret_key)
        password = settings.operator_password
        self.app = create_app(
            Site(
                settings=settings,
                live=self._live,
                board=board,
                broadcast=self._broadcast,
                monitor=self._monitor,
                operator=Operator(password.get_secret_value() if password else None, key),
                metrics=metrics,
                requests=MatchRequests(settings.kafka_broker, topics.requests, executor),
            ),
            key,
        )
        self._publisher.start()
        self._monitor.start()
        self._live.start()

    def drain(self) -> None:
        """End the event streams and take no more."""
        self._broadcast.close()

    def close(self) -> None:
        """Stop: what runs ends, and the matches are kept on disk."""
        self.drain()
        self._monitor.stop()
        self._publisher.stop()
        self._live.stop(STOP_SECONDS)
        log.info("the dashboard has stopped", extra={"position": self._live.position})
