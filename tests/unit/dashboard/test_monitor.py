"""What this system does not have is no part of how it is."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from matchcast.dashboard.monitor import Monitor
from matchcast.dashboard.status import Reading

from .conftest import MakeApp


def make_monitor(**given: tuple[str, ...]) -> Monitor:
    probes = {
        "kafka": lambda: Reading("online", "Answers."),
        "airflow": lambda: Reading("offline", "There is none."),
    }
    monitor = Monitor(probes, **given)
    for name in probes:
        monitor.look(name)
    return monitor


def test_an_absent_part_keeps_its_state_and_raises_no_alarm() -> None:
    monitor = make_monitor(absent=("airflow",))
    assert monitor.overall == "online"
    lamp = monitor.lamps()["airflow"]
    assert (lamp["state"], lamp["reason"], lamp["required"]) == ("offline", "There is none.", False)


def test_a_part_of_the_system_that_is_down_is_the_alarm() -> None:
    assert make_monitor().overall == "offline"


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:8080"])
def test_airflow_is_a_part_and_has_controls_where_its_address_is_set(
    make_app: MakeApp, url: str | None
) -> None:
    visitor: FlaskClient = make_app(airflow_url=url).test_client()
    parts = {part["name"]: part for part in visitor.get("/api/system/status").json["components"]}
    assert parts["airflow"]["required"] is (url is not None)
    assert parts["kafka"]["required"] is True
    for page in ("/", "/status"):
        text = visitor.get(page).text
        assert ("Not set up" in text) is (url is None)
        assert (f'data-url="{url}"' in text) is (url is not None)
    assert ("Open Airflow" in visitor.get("/").text) is (url is not None)
