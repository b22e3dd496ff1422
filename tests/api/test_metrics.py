"""The metrics: names by Prometheus' convention, true numbers, a bounded number of series."""

from __future__ import annotations

import re

import requests
from prometheus_client.parser import text_string_to_metric_families

from matchcast.api.current import CurrentModel
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.model import GoalRateForecaster

STATE = {
    "match": {"home_team": "Arsenal", "away_team": "Chelsea"},
    "period": 2,
    "minute": 67,
    "score": {"home": 1, "away": 0},
}


def samples(api: str) -> dict[tuple[str, ...], float]:
    """Return the numbers by name and label values."""
    text = requests.get(f"{api}/metrics", timeout=10).text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status_and_timed(api_of_model: str, model: CurrentModel) -> None:
    champion = load_champion()
    model.swap(GoalRateForecaster(champion), champion.card)
    for body in (STATE, STATE, {}):
        requests.post(f"{api_of_model}/predict", json=body, timeout=10)
    requests.post(f"{api_of_model}/predict/batch", json={"states": [STATE] * 7}, timeout=10)
    found = samples(api_of_model)
    assert found["matchcast_api_requests_total", "/predict", "200"] == 2
    assert found["matchcast_api_requests_total", "/predict", "422"] == 1
    assert found["matchcast_api_request_duration_seconds_count", "/predict"] == 3
    assert 0 < found["matchcast_api_request_duration_seconds_sum", "/predict"] < 10
    assert found["matchcast_api_forecasts_total", "/predict"] == 2
    assert found["matchcast_api_forecasts_total", "/predict/batch"] == 7
    assert found["matchcast_api_model_info", champion.version] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_strangers_cannot_make_new_series(api_of_model: str) -> None:
    requests.get(f"{api_of_model}/metrics", timeout=10)
    for number in range(5):
        requests.get(f"{api_of_model}/made-up-{number}", timeout=10)
    found = samples(api_of_model)
    assert found["matchcast_api_requests_total", "unmatched", "404"] == 5
    assert not any("made-up" in label for labels in found for label in labels)


def test_names_follow_the_convention(api_of_model: str) -> None:
    requests.get(f"{api_of_model}/health", timeout=10)
    text = requests.get(f"{api_of_model}/metrics", timeout=10).text
    ours = [
        name for name in re.findall(r"^# TYPE (\S+)", text, re.MULTILINE) if name.startswith("matchcast_")
    ]
    assert ours
    for name in ours:
        assert re.fullmatch(r"matchcast_api_[a-z_]+_(total|seconds|info|up)", name), name


def test_a_scraper_that_accepts_openmetrics_gets_it(api: str) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    response = requests.get(f"{api}/metrics", headers=accept, timeout=10)
    assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
