"""What the API counts, for Prometheus.

With several workers each keeps its numbers in files that the worker which is asked adds up
(`PROMETHEUS_MULTIPROC_DIR`, set before this module is imported).
"""

from __future__ import annotations

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

UNMATCHED = "unmatched"
"""The route of requests that no route took, so that strangers cannot make new time series."""

# A forecast takes well under a millisecond, a full batch a quarter of a second.
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

# The time at which each series began: as many series again, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The numbers of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "matchcast_api_requests",
            "Requests answered, by route and status.",
            ["route", "status"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "matchcast_api_request_duration_seconds",
            "Time from a request's headers to the end of its answer, by route.",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.forecasts = Counter(
            "matchcast_api_forecasts", "Forecasts made, by route.", ["route"], registry=self.registry
        )
        self._model = Gauge(
            "matchcast_api_model_info",
            "1 for the model in force; during a promotion workers may differ.",
            ["version"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self.refused = Counter(
            "matchcast_api_models_refused",
            "Models that were to be served and were not, being damaged or absent.",
            registry=self.registry,
        )
        self.log_up = Gauge(
            "matchcast_api_model_log_up",
            "Whether promotions are heard of: 1 as long as every worker reads Kafka's log of models.",
            registry=self.registry,
            multiprocess_mode="livemin",
        )
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)

    def note_model(self, version: str, previous: str | None) -> None:
        """Note that a model is in force, in the place of a previous one."""
        if previous is not None:
            self._model.labels(previous).set(0)
        self._model.labels(version).set(1)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the numbers of all workers, and their media type, as a scraper accepts them."""
        encode, media_type = choose_encoder(accept)
        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return encode(registry), media_type
