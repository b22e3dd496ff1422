"""Reports of drift, from Kafka to the status, the model's lamp and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from matchcast.forecast.drift_report import DriftReport, Sign
from matchcast.local.broker import Broker
from matchcast.stream.topics import Topics
from matchcast.stream.writer import EventWriter

from .conftest import StartDashboard
from .processes import Api, Dashboard, wait_for

TOPIC = Topics().drift_reports


def report(
    origin: str = "real", *, drifted: bool, at: str = "2026-01-02T03:00:00+00:00", **given: Any
) -> DriftReport:
    signs = [
        Sign("home wins", 5.5 if drifted else 0.4, 4.0, drifted, "home wins: -0.087 a match"),
        Sign("strength gap", 0.031, 0.1, False, "strength gap: spread as before (PSI 0.031)"),
    ]
    found = {"batch": "run-1", "model_version": "goals-1", "matches": 1000, "reference": 8000, "signs": signs}
    return DriftReport(at, origin=origin, drifted=drifted, **{**found, **given})


Put = Callable[..., None]


@pytest.fixture
def put(kafka: Broker, topic: str) -> Iterator[Put]:
    """Write reports, or bytes under a key, as the pipeline does; before and after the test there are none.

    Tests of the pipeline leave theirs on the same topic.
    """
    keys = {b"real", b"simulated"}

    def put(*reports: DriftReport | tuple[bytes, bytes | None]) -> None:
        with EventWriter(kafka.bootstrap) as writer:
            for one in reports:
                key, value = (one.key, one.encode()) if isinstance(one, DriftReport) else one
                keys.add(key)
                writer.write(TOPIC, value, key=key)

    def clear() -> None:
        put(*((key, None) for key in list(keys)))

    clear()
    yield put
    clear()


def drift_of(dashboard: Dashboard) -> dict[str, Any]:
    found: dict[str, Any] = dashboard.get("/api/system/status").json()["drift"]
    return found


def origin_of(dashboard: Dashboard, origin: str) -> dict[str, Any]:
    return next((one for one in drift_of(dashboard)["origins"] if one["origin"] == origin), {})


def model_lamp(dashboard: Dashboard) -> tuple[str, str]:
    parts = dashboard.get("/api/system/status").json()["components"]
    lamp = next(part for part in parts if part["name"] == "model")
    return lamp["state"], lamp["reason"]


def metric(dashboard: Dashboard, name: str, **labels: str) -> float | None:
    families = text_string_to_metric_families(dashboard.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return next((one.value for one in samples if one.name == name and one.labels == labels), None)


def test_real_drift_is_told_with_its_signs_and_turns_the_models_lamp(
    start_dashboard: StartDashboard, api: Api, put: Put
) -> None:
    dashboard = start_dashboard()
    version = api.get("/model").json()["version"]
    wait_for("the lamp is green", lambda: model_lamp(dashboard)[0] == "online")
    none = {"known": True, "origins": [], "damaged": []}
    wait_for("there is no report, and that is known", lambda: drift_of(dashboard) == none)
    put(report(drifted=True, model_version=version))
    wait_for("the lamp warns", lambda: model_lamp(dashboard)[0] == "warning")
    reason = f"{version} is in force. Real matches have drifted: home wins: -0.087 a match."
    assert model_lamp(dashboard)[1] == reason
    shown = origin_of(dashboard, "real")
    assert (shown["drifted"], shown["matches"], shown["reference"], shown["since"]) == (
        True,
        1000,
        8000,
        "2026-01-02T03:00:00+00:00",
    )
    assert [sign["name"] for sign in shown["signs"] if sign["fires"]] == ["home wins"]
    put(report(drifted=False))
    wait_for("the alarm ends", lambda: model_lamp(dashboard)[0] == "online")


def test_drift_of_simulated_matches_is_shown_and_is_no_alarm_about_the_model(
    start_dashboard: StartDashboard, put: Put
) -> None:
    put(report("simulated", drifted=True), report("real", drifted=False))
    dashboard = start_dashboard()
    wait_for("it is shown", lambda: origin_of(dashboard, "simulated").get("drifted") is True)
    wait_for("the lamp is looked at", lambda: model_lamp(dashboard)[0] != "unknown")
    assert model_lamp(dashboard)[0] == "online"
    assert origin_of(dashboard, "real")["drifted"] is False


def test_drift_has_lasted_since_the_first_of_the_reports_that_say_so(
    start_dashboard: StartDashboard, put: Put
) -> None:
    put(*(report(drifted=day > 3, at=f"2026-01-0{day}T00:00:00+00:00") for day in (1, 3, 5, 6)))
    dashboard = start_dashboard()
    wait_for(
        "the newest is read", lambda: origin_of(dashboard, "real").get("at", "").startswith("2026-01-06")
    )
    assert origin_of(dashboard, "real")["since"] == "2026-01-05T00:00:00+00:00"


def test_a_report_that_cannot_be_read_is_told_and_the_one_before_it_stays(
    start_dashboard: StartDashboard, put: Put
) -> None:
    dashboard = start_dashboard()
    put(report(drifted=True))
    wait_for("it is read", lambda: origin_of(dashboard, "real") != {})
    for broken in (b"{broken", b'{"at": "\xff"}', b""):
        put((b"real", broken), (b"martian", broken))
        wait_for("it is told", lambda: len(drift_of(dashboard)["damaged"]) == 2)
        told = {one["key"]: one["reason"] for one in drift_of(dashboard)["damaged"]}
        assert "cannot be read" in told["real"]
        assert origin_of(dashboard, "real")["drifted"] is True
        put(report(drifted=True), (b"martian", None))
        wait_for("the next report mends it", lambda: drift_of(dashboard)["damaged"] == [])


def test_the_signs_and_their_limits_are_metrics(start_dashboard: StartDashboard, put: Put) -> None:
    put(report("simulated", drifted=True))
    dashboard = start_dashboard()
    wait_for("it is read", lambda: metric(dashboard, "matchcast_drifted", origin="simulated") == 1)
    sign = {"origin": "simulated", "sign": "home wins"}
    assert metric(dashboard, "matchcast_drift_sign_value", **sign) == 5.5
    assert metric(dashboard, "matchcast_drift_sign_limit", **sign) == 4.0
    made_at = metric(dashboard, "matchcast_drift_report_timestamp_seconds", origin="simulated")
    assert made_at == datetime(2026, 1, 2, 3, tzinfo=UTC).timestamp()
    assert metric(dashboard, "matchcast_drifted", origin="real") is None
