"""What the dashboard counts, for Prometheus: its own numbers begin with matchcast_dashboard.

Those of drift begin with matchcast_drift: they are the whole system's, and every dashboard shows the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from matchcast.dashboard.broadcast import Broadcast
from matchcast.dashboard.monitor import Monitor
from matchcast.dashboard.status import State
from matchcast.live.service import LiveService
from matchcast.live.status import DriftStatus

PREFIX = "matchcast_dashboard"

STATES: tuple[State, ...] = ("online", "warning", "offline", "unknown")

_FORECAST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.forecast_seconds = Histogram(
            f"{PREFIX}_forecast_seconds",
            "Time from a match's newest record to the forecast that takes it in.",
            buckets=_FORECAST_BUCKETS,
            registry=self.registry,
        )

    def watch(self, live: LiveService, broadcast: Broadcast, monitor: Monitor) -> None:
        """Show the numbers that these keep, as they are when Prometheus asks."""
        self.registry.register(_Watched(live, broadcast, monitor))


class _Watched(Collector):
    def __init__(self, live: LiveService, broadcast: Broadcast, monitor: Monitor) -> None:
        self._live = live
        self._broadcast = broadcast
        self._monitor = monitor

    def collect(self) -> Iterator[Metric]:
        counted = self._live.counters()
        for name, text, value in (
            ("records", "Records read from Kafka.", counted.records),
            ("events_folded", "Events folded into matches.", counted.events),
            ("repeats_dropped", "Records of events that were known.", counted.repeats),
            (
                "records_broken",
                "Records that could not be read and went to the dead letters.",
                counted.broken,
            ),
            ("records_late", "Records of matches that had been let go.", counted.late),
            ("streams_refused", "Event streams refused past the cap.", self._broadcast.refused),
            (
                "streams_fell_behind",
                "Times that a slow client was sent a snapshot instead.",
                self._broadcast.fell_behind,
            ),
        ):
            yield CounterMetricFamily(f"{PREFIX}_{name}", text, value=value)
        kafka = self._live.kafka()
        letters = self._live.dead_letters().count
        gauges: list[tuple[str, str, int | None]] = [
            ("ready", "Whether the matches are up to date.", self._live.ready),
            ("lag_records", "Records in Kafka that are not taken in.", kafka.lag),
            ("gaps", "Times that records were gone before they could be read.", kafka.gaps),
            ("dead_letters_open", "Dead letters that wait to be sent again.", letters),
            ("matches", "Matches that are kept.", len(self._live.matches())),
            ("streams_open", "Open event streams.", self._broadcast.open_streams),
        ]
        for name, text, number in gauges:
            if number is not None:
                yield GaugeMetricFamily(f"{PREFIX}_{name}", text, value=number)
        states = GaugeMetricFamily(
            f"{PREFIX}_component_state",
            "1 for the state that a component is in.",
            labels=["component", "state"],
        )
        for component, current in self._monitor.states().items():
            for state in STATES:
                states.add_metric([component, state], float(state == current))
        yield states
        yield from _drift_of(self._live.drift() or DriftStatus())


def _drift_of(drift: DriftStatus) -> Iterator[Metric]:
    drifted = GaugeMetricFamily(
        "matchcast_drifted",
        "Whether the newest matches of an origin differ from those before beyond the limits.",
        labels=["origin"],
    )
    reported = GaugeMetricFamily(
        "matchcast_drift_report_timestamp_seconds",
        "When the newest report on an origin was made, in seconds since the epoch.",
        labels=["origin"],
    )
    value = GaugeMetricFamily(
        "matchcast_drift_sign_value",
        "A sign of drift: a population stability index, or a change in standard errors.",
        labels=["origin", "sign"],
    )
    limit = GaugeMetricFamily(
        "matchcast_drift_sign_limit",
        "The size of a sign of drift beyond which it fires.",
        labels=["origin", "sign"],
    )
    for one in drift.origins:
        report = one.report
        drifted.add_metric([report.origin], float(report.drifted))
        reported.add_metric([report.origin], datetime.fromisoformat(report.at).timestamp())
        for sign in report.signs:
            value.add_metric([report.origin, sign.name], sign.value)
            limit.add_metric([report.origin, sign.name], sign.limit)
    yield from (drifted, reported, value, limit)
