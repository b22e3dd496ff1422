"""What the dashboard asks the model API about itself: whether it can forecast, and by which model."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import urllib3

from matchcast.dashboard.pictures import HeldOut, ModelInService
from matchcast.dashboard.status import Number, Reading
from matchcast.dashboard.unanswered import why_unanswered
from matchcast.forecast.page import title_of

TIMEOUT_SECONDS = 2.0


class _Problem(msgspec.Struct):
    detail: str = "no reason given"


class _Judged(msgspec.Struct):
    log_loss: float
    matches: int


class _Card(msgspec.Struct):
    made_on: str | None = None
    metrics: Any = None


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
        held_out = _held_out(found.card.metrics)
        self.model = ModelInService(found.version, found.card.made_on, held_out)
        return Reading("online", f"{found.version} is in force.", _log_loss(held_out))


def _detail(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return msgspec.json.decode(answer.data, type=_Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"status {answer.status}."


def _held_out(metrics: object) -> list[HeldOut]:
    """Read how a model did from its card; nothing where that is of another shape."""
    try:
        judged = msgspec.convert(metrics or {}, dict[str, _Judged | None])
    except msgspec.ValidationError:
        return []
    return [
        HeldOut(_in_a_sentence(title_of(name)), one.matches, round(one.log_loss, 4))
        for name, one in judged.items()
        if one is not None
    ]


def _in_a_sentence(title: str) -> str:
    return title[:1].lower() + title[1:]


def _log_loss(held_out: list[HeldOut]) -> Number:
    """Return the log loss on the first set; the label names it and tells of the others."""
    if not held_out:
        return Number("log loss", None)
    first, *others = held_out
    also = "".join(f"; {one.log_loss:.4f} on {_matches(one)}" for one in others)
    return Number(f"log loss on {_matches(first)}{also}", f"{first.log_loss:.4f}")


def _matches(of: HeldOut) -> str:
    return f"{of.name} ({of.matches:,})"
