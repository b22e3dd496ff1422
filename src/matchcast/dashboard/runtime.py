"""The dashboard of one process: the running matches, what is made of them, and the app that serves it."""

from __future__ import annotations

import logging
from concurrent.futures import Executor

from matchcast.dashboard.airflow import Airflow
from matchcast.dashboard.airflow_api import AirflowApi
from matchcast.dashboard.airflow_lamp import AirflowLamp
from matchcast.dashboard.app import create_app, session_key
from matchcast.dashboard.board import Board
from matchcast.dashboard.match_requests import MatchRequests
from matchcast.dashboard.metrics import Metrics
from matchcast.dashboard.model_lamps import ModelLamps
from matchcast.dashboard.monitor import Monitor
from matchcast.dashboard.operator import Operator
from matchcast.dashboard.probes import make_probes
from matchcast.dashboard.publisher import Publisher
from matchcast.dashboard.site import Site
from matchcast.live.service import EXECUTOR_THREADS, LiveOptions, LiveService
from matchcast.settings import Settings
from matchcast.stream.topics import Topics

log = logging.getLogger(__name__)

NATIVE_THREADS = EXECUTOR_THREADS + 1
"""Those of the live service, and one to ask for new matches."""

STOP_SECONDS = 6.0


def connect_airflow(settings: Settings) -> AirflowApi | None:
    """Return the client of the Airflow that is set up, None where there is none."""
    if not settings.airflow_url:
        return None
    return AirflowApi(settings.airflow_url, settings.airflow_user, settings.airflow_password)


class Runtime:
    """Everything that runs in a worker.

    Args:
        settings: The settings in force.
        executor: NATIVE_THREADS native threads, for what blocks outside Python.

    Attributes:
        app: The WSGI app; it answers before `start`, and says that nothing is known yet.
        live: The running matches.
    """

    def __init__(self, settings: Settings, executor: Executor) -> None:
        topics = Topics(events=settings.events_topic)
        options = LiveOptions(
            broker=settings.kafka_broker,
            api_url=settings.api_url,
            checkpoint=settings.state_dir / "dashboard",
            topics=topics,
        )
        self.live = LiveService(options, executor)
        lamps = ModelLamps(settings.api_url)
        airflow = connect_airflow(settings)
        board = Board(self.live, lambda: lamps.model)
        metrics = Metrics()
        self._monitor = Monitor(
            make_probes(
                self.live,
                lamps,
                AirflowLamp(airflow) if airflow else None,
                lambda: self._broadcast.open_streams,
            ),
            absent=() if airflow else ("airflow",),
        )
        self._publisher = Publisher(
            board, self._monitor, settings.max_streams, metrics.forecast_seconds.observe
        )
        self._broadcast = self._publisher.broadcast
        self._monitor.on_change = self._publisher.status_changed
        self.live.listen(self._publisher)
        metrics.watch(self.live, self._broadcast, self._monitor)
        key = session_key(settings.secret_key)
        password = settings.operator_password
        self.app = create_app(
            Site(
                settings=settings,
                live=self.live,
                board=board,
                broadcast=self._broadcast,
                monitor=self._monitor,
                operator=Operator(password.get_secret_value() if password else None, key),
                metrics=metrics,
                requests=MatchRequests(settings.kafka_broker, topics.requests, executor),
                airflow=Airflow(airflow, settings.airflow_public_url or airflow.url) if airflow else None,
                lamps=lamps,
            ),
            key,
        )

    def start(self) -> None:
        """Begin to read, to look around and to publish; returns at once."""
        self._publisher.start()
        self._monitor.start()
        self.live.start()

    def drain(self) -> None:
        """End the event streams and take no more."""
        self._broadcast.close()

    def close(self) -> None:
        """Stop: what runs ends, and the matches are kept on disk."""
        self.drain()
        self._monitor.stop()
        self._publisher.stop()
        self.live.stop(STOP_SECONDS)
        log.info("the dashboard has stopped", extra={"position": self.live.position})
