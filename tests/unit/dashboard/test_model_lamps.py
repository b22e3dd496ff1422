"""What the lamps of the model API and of its model say, whatever answers at its address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from matchcast.dashboard.model_lamps import ModelLamps
from matchcast.dashboard.pictures import HeldOut, ModelInService
from matchcast.dashboard.status import Number

from .conftest import Serve

Answer = Callable[[int, bytes], ModelLamps]


@pytest.fixture
def answering(serve: Serve) -> Answer:
    """Give the lamps of something that answers everything in the same way."""
    return lambda status, body: ModelLamps(f"{serve(status, body)}/")


def test_the_model_in_force_is_named_with_its_log_loss_on_each_set_that_was_held_back(
    answering: Answer,
) -> None:
    lamps = answering(
        200,
        b'{"version": "goals-1", "card": {"made_on": "2026-01-02", "metrics": {'
        b'"international": {"log_loss": 0.62, "matches": 3000}, "b": null, "detailed": {"log_loss": 0.8, "matches": 90}}}}',
    )
    assert lamps.read_api().state == "online"
    reading = lamps.read_model()
    assert reading.state == "online"
    assert reading.number == Number(
        "log loss on international matches (3,000); 0.8000 on leagues and tournaments in detail (90)",
        "0.6200",
    )
    assert lamps.model == ModelInService(
        "goals-1",
        "2026-01-02",
        [
            HeldOut("international matches", 3000, 0.62),
            HeldOut("leagues and tournaments in detail", 90, 0.8),
        ],
    )


@pytest.mark.parametrize(
    "body", [b'{"version": "goals-1"}', b'{"version": "goals-1", "card": {"metrics": {"a": 1}}}']
)
def test_a_model_whose_card_tells_no_log_loss_has_none(answering: Answer, body: bytes) -> None:
    lamps = answering(200, body)
    assert lamps.read_model().number == Number("log loss", None)
    assert lamps.model == ModelInService("goals-1", None, [])


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"version": "\xff"}'])
def test_what_is_not_the_model_api_is_said_to_be_something_else(answering: Answer, body: bytes) -> None:
    reading = answering(200, body).read_model()
    assert reading.state == "warning"
    assert "is not the model API" in reading.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"detail": "No model is in force."}', "No model is in force."), (b"\xff", "status 503.")],
)
def test_an_api_that_cannot_forecast_is_quoted(answering: Answer, body: bytes, reason: str) -> None:
    lamps = answering(503, body)
    assert (lamps.read_api().state, lamps.read_api().reason) == ("warning", reason)
    assert (lamps.read_model().state, lamps.read_model().reason) == ("offline", reason)
    assert lamps.model is None


def test_where_nothing_listens_the_api_is_offline_and_the_model_unknown() -> None:
    lamps = ModelLamps("http://127.0.0.1:1")
    assert lamps.read_api().reason == (
        "The model API at http://127.0.0.1:1 does not answer: nothing listens there."
    )
    assert lamps.read_model().state == "unknown"
