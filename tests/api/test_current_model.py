"""The model in force: swapped whole, never for a damaged one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests

from matchcast.api.current import CurrentModel
from matchcast.api.problems import Problem
from matchcast.forecast import artefact
from matchcast.forecast.errors import DamagedModel
from matchcast.forecast.forecast import Outcome
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation

STATE = {
    "match": {"home_team": "Arsenal", "away_team": "Chelsea"},
    "period": 2,
    "minute": 67,
    "score": {"home": 1, "away": 0},
}


class Named(GoalRateForecaster):
    """The champion under another name."""

    def __init__(self, name: str) -> None:
        super().__init__(artefact.load_champion())
        self.version = name


class Implausible(Named):
    """A model that does not know that what was won is won."""

    def outcomes(self, situations: Sequence[Situation]) -> list[Outcome]:
        return [Outcome(0.4, 0.3, 0.3) for _ in situations]


CARD = artefact.load_champion().card


def test_a_model_is_replaced_while_requests_are_answered_and_each_answer_is_of_one_model(
    api_of_model: str, model: CurrentModel
) -> None:
    first, second = Named("a"), Named("b")
    model.swap(first, CARD)
    seen: list[str] = []
    with requests.Session() as session:

        def ask() -> None:
            for _ in range(200):
                response = session.post(f"{api_of_model}/predict", json=STATE, timeout=10)
                assert response.status_code == 200
                seen.append(response.json()["model_version"])

        asking = threading.Thread(target=ask)
        asking.start()
        while asking.is_alive():
            model.swap(second, CARD)
            model.swap(first, CARD)
        asking.join()
    assert len(seen) == 200
    assert set(seen) <= {"a", "b"}


def test_ready_model_and_metrics_name_the_model_in_force(api_of_model: str, model: CurrentModel) -> None:
    model.swap(Named("first"), CARD)
    model.swap(Named("second"), CARD)
    assert requests.get(f"{api_of_model}/ready", timeout=5).json()["model_version"] == "second"
    described = requests.get(f"{api_of_model}/model", timeout=5).json()
    assert described["version"] == "second"
    assert described["card"]["trained_until"] == CARD.trained_until
    metrics = requests.get(f"{api_of_model}/metrics", timeout=5).text
    assert 'matchcast_api_model_info{version="second"} 1.0' in metrics
    assert 'matchcast_api_model_info{version="first"} 0.0' in metrics


def test_a_model_that_gets_a_plain_match_wrong_is_never_served(model: CurrentModel) -> None:
    model.swap(Named("sound"), CARD)
    with pytest.raises(DamagedModel):
        model.swap(Implausible("broken"), CARD)
    assert model.version == "sound"


def test_a_damaged_file_leaves_the_model_in_force(
    model: CurrentModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "model.json"
    artefact.save(artefact.load_champion(), file)
    model.load(file)
    version = model.version
    file.write_bytes(file.read_bytes().replace(b'"intercept": ', b'"intercept": 1', 1))
    model.load(file)
    assert model.version == version is not None
    assert "refused" in caplog.text


def test_a_damaged_file_at_the_start_serves_no_model(model: CurrentModel, tmp_path: Path) -> None:
    model.load(tmp_path / "absent.json")
    with pytest.raises(Problem, match="damaged"):
        _ = model.served
