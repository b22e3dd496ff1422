"""How each part of the system is, from what this process sees of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from matchcast.dashboard.airflow_lamp import AirflowLamp
from matchcast.dashboard.model_lamps import ModelLamps
from matchcast.dashboard.monitor import Probe
from matchcast.dashboard.status import Number, Reading
from matchcast.live.service import LiveService


def make_probes(
    live: LiveService, lamps: ModelLamps, airflow: AirflowLamp | None, open_streams: Callable[[], int]
) -> Mapping[str, Probe]:
    """Return a probe for each component, in the order in which they are shown."""
    return {
        "dashboard": lambda: read_dashboard(live, open_streams()),
        "api": lamps.read_api,
        "airflow": airflow.read if airflow else read_no_airflow,
        "kafka": lambda: read_kafka(live),
        "producer": lambda: read_producers(live),
        "model": lambda: read_model(live, lamps),
    }


def not_ready(live: LiveService) -> str | None:
    """Return why the matches are not up to date, None when they are."""
    if live.ready:
        return None
    kafka = live.kafka()
    if kafka.state == "offline":
        return kafka.reason
    behind = f"{kafka.lag} records to go" if kafka.lag else "the end is near"
    return f"Catching up with Kafka: {behind}."


def read_dashboard(live: LiveService, open_streams: int) -> Reading:
    """Tell whether this process shows the matches as they are."""
    reason = not_ready(live)
    streams = Number("open streams", open_streams)
    if reason is not None:
        return Reading("warning", reason, streams)
    return Reading("online", "It has taken in all that is in Kafka.", streams)


def read_kafka(live: LiveService) -> Reading:
    """Tell how reading from Kafka goes."""
    kafka = live.kafka()
    return Reading(kafka.state, kafka.reason, Number("events/s", round(kafka.rate, 1)))


def read_producers(live: LiveService) -> Reading:
    """Tell whether a producer is alive; what was heard while Kafka is away says nothing of now."""
    if live.kafka().state == "offline":
        return Reading("unknown", "Kafka, over which producers tell that they are alive, does not answer.")
    producers = live.producers()
    alive = [producer for producer in producers if producer.alive]
    running = sum(len(producer.matches) for producer in alive)
    number = Number("matches running", running)
    if alive:
        names = ", ".join(f"{producer.producer_id} on {producer.host}" for producer in alive)
        return Reading("online", f"Alive: {names}.", number)
    if not producers:
        return Reading(
            "offline", "No producer was heard within a day: start one with `matchcast produce`.", number
        )
    last = producers[0]
    if last.state == "stopped":
        return Reading(
            "offline", f"{last.producer_id} has stopped: start one with `matchcast produce`.", number
        )
    silent = time.time() - last.heard_at
    return Reading("offline", f"{last.producer_id} was last heard {silent:.0f} s ago.", number)


def read_model(live: LiveService, lamps: ModelLamps) -> Reading:
    """Tell which model is in force, and whether real football has drifted from what it knows.

    Drift of simulated matches is no alarm: it says of the simulator, not of football, that it changed.
    """
    reading = lamps.read_model()
    drift = live.drift()
    real = next((one for one in drift.origins if one.report.origin == "real"), None) if drift else None
    if reading.state != "online" or real is None or not real.report.drifted:
        return reading
    signs = "; ".join(sign.text for sign in real.report.signs if sign.fires)
    others = lamps.model is not None and lamps.model.version != real.report.model_version
    by = f", as {real.report.model_version} forecast them" if others else ""
    found = f"{reading.reason} Real matches have drifted{by}: {signs}."
    return Reading("warning", found, reading.number)


def read_no_airflow() -> Reading:
    """Tell that there is none: this dashboard is not connected to an Airflow."""
    return Reading("offline", "The dashboard is not connected to an Airflow.")
