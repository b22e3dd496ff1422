"""What the dashboard asks the model API about itself: whether it can forecast, and by which model."""

from __future__ import annotations

import time
from collections.abc import Iterable

import msgspec
import urllib3

from matchcast.dashboard.pictures import ModelInService
from matchcast.dashboard.status import Number, Reading
from matchcast.dashboard.unanswered import why_unanswered

TIMEOUT_SECONDS = 2.0


class _Problem(msgspec.Struct):
    detail: str = "no reason given"


class _Judged(msgspec.Struct):
    log_loss: float
    snapshots: int


class _Card(msgspec.Struct):
    made_on: str | None = None
    metrics: dict[str, _Judged | None] = {}


class _Model(msgspec.Struct):
    version: str
    card: _Card = msgspec.field(default_factory=_Card)


class ModelLamps:
    """Reads the lamps of the model API and of its model.

    Attributes:
        model: The model in force, None while it is not known.
        card: What the API says of it, as JSON; None while nothing is known.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT_SECONDS, maxsize=2)
        self.model: ModelInService | None = None
        self.card: bytes | None = None

    def read_api(self) -> Reading:
        """Tell whether the API can forecast."""
        started = time.perf_counter()
        try:
            answer = self._http.request("GET", f"{self._url}/ready")
        except urllib3.exceptions.HTTPError as error:
            reason = why_unanswered(error, TIMEOUT_SECONDS)
            return Reading("offline", f"The model API at {self._url} does not answer: {reason}.")
        took = Number("answer, ms", round((time.perf_counter() - started) * 1000, 1))
        if answer.status == 200:
            return Reading("online", "It forecasts.", took)
        return Reading("warning", _detail(answer), took)

    def read_model(self) -> Reading:
        """Tell which model is in force, and remember it."""
        try:
            answer = self._http.request("GET", f"{self._url}/model")
        except urllib3.exceptions.HTTPError:
            return Reading("unknown", "The model API does not answer, so nobody knows which model it has.")
        if answer.status != 200:
            self.model = self.card = None
            return Reading("offline", _detail(answer))
        try:
            found = msgspec.json.decode(answer.data, type=_Model)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Reading("warning", f"What answers at {self._url}/model is not the model API: {error}.")
        self.card = answer.data
        self.model = ModelInService(found.version, found.card.made_on, _log_loss(found.card.metrics.values()))
        return Reading("online", f"{found.version} is in force.", Number("log loss", self.model.log_loss))


def _detail(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return msgspec.json.decode(answer.data, type=_Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"status {answer.status}."


def _log_loss(judged: Iterable[_Judged | None]) -> float | None:
    """Return the log loss over all that was held back, in nats a forecast; None when nothing was."""
    sets = [one for one in judged if one is not None]
    forecasts = sum(one.snapshots for one in sets)
    return round(sum(one.log_loss * one.snapshots for one in sets) / forecasts, 4) if forecasts else None
