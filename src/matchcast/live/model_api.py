"""The client of the model API: situations in, forecasts out, over kept-alive HTTP connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import urllib3
from msgspec import Struct

from matchcast.forecast.forecast import Outcome, PerTeam
from matchcast.forecast.situation import Situation
from matchcast.live.errors import ForecastRejected, ForecastUnavailable
from matchcast.live.points import ExplainedForecast

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0

_REFUSALS = frozenset({400, 413, 415, 422, 500})
"""What is wrong with the question, or fails over it alone (500): asking the same again will not help."""

T = TypeVar("T")


class _BatchAnswer(Struct):
    model_version: str
    forecasts: list[_Chances]


class _Chances(Struct):
    home: float
    draw: float
    away: float
    strengths: PerTeam | None = None

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.home, self.draw, self.away)


class _Problem(Struct):
    title: str = ""
    detail: str = ""
    errors: list[dict[str, Any]] = []


_answer = msgspec.json.Decoder(ExplainedForecast)
_batch = msgspec.json.Decoder(_BatchAnswer)
_problem = msgspec.json.Decoder(_Problem)
_encode = msgspec.json.Encoder().encode


class ModelApi:
    """Asks the model API; may be used by several threads or greenlets at once.

    Args:
        url: where it is, as ``http://127.0.0.1:8000``.
        connections: how many requests may be under way at once.
    """

    def __init__(self, url: str, connections: int = 4) -> None:
        self.url = url.rstrip("/")
        self._http = urllib3.PoolManager(
            num_pools=2,
            maxsize=connections,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        )

    def forecast(self, situation: Situation, before: Situation | None = None) -> ExplainedForecast:
        """Return everything that the model says of a situation, and what moved it since `before`.

        Raises:
            ForecastUnavailable: no answer, or none at present; asking again later may help.
            ForecastRejected: the model cannot forecast this situation.
        """
        body = {"match": _fixture(situation), **_moment(situation)}
        if before is not None and before != situation:
            body["previous"] = _moment(before)
        return self._post("/predict", body, _answer)

    def outcomes(self, situations: Sequence[Situation]) -> tuple[list[Outcome], str]:
        """Return win, draw and loss of each situation, and the version of the model.

        Raises:
            ForecastUnavailable: as `forecast`.
            ForecastRejected: the model cannot forecast at least one of them.
        """
        answer = self._ask_many(situations)
        return [one.outcome for one in answer.forecasts], answer.model_version

    def expectations(self, situations: Sequence[Situation]) -> tuple[list[tuple[Outcome, PerTeam]], str]:
        """Return the same, and the goals that the model expected of each team before the match.

        Raises:
            ForecastUnavailable, ForecastRejected: as `outcomes`.
        """
        answer = self._ask_many(situations, "strengths")
        found = [(one.outcome, one.strengths) for one in answer.forecasts if one.strengths is not None]
        if len(found) != len(situations):
            raise ForecastUnavailable(self.url, "it does not say what it expects of the teams")
        return found, answer.model_version

    def _ask_many(self, situations: Sequence[Situation], *include: str) -> _BatchAnswer:
        states = [{"match": _fixture(situation), **_moment(situation)} for situation in situations]
        answer = self._post("/predict/batch", {"states": states, "include": include}, _batch)
        if len(answer.forecasts) != len(states):
            raise ForecastUnavailable(self.url, "its answer has another length than the question")
        return answer

    def close(self) -> None:
        """Let go of the connections."""
        self._http.clear()

    def _post(self, path: str, body: dict[str, Any], decoder: msgspec.json.Decoder[T]) -> T:
        try:
            answer = self._send(path, _encode(body))
        except urllib3.exceptions.HTTPError as error:
            raise ForecastUnavailable(self.url, _plain(error)) from error
        if answer.status in _REFUSALS:
            raise ForecastRejected(_detail(answer.data) or f"status {answer.status}")
        if answer.status != 200:
            raise ForecastUnavailable(
                self.url, _detail(answer.data) or f"it answers with status {answer.status}"
            )
        try:
            return decoder.decode(answer.data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ForecastUnavailable(self.url, f"its answer cannot be read: {error}") from error

    def _send(self, path: str, body: bytes) -> urllib3.BaseHTTPResponse:
        headers = {"Content-Type": "application/json"}
        try:
            return self._http.request("POST", f"{self.url}{path}", body=body, headers=headers)
        except urllib3.exceptions.ProtocolError:
            # A connection that was kept too long: the other side has closed it. Asking is free of effects.
            return self._http.request("POST", f"{self.url}{path}", body=body, headers=headers)


def _fixture(situation: Situation) -> dict[str, Any]:
    return {
        "home_team": situation.home_team,
        "away_team": situation.away_team,
        "competition": situation.competition,
        "neutral": situation.neutral,
        "knockout": situation.knockout,
        "strengths": situation.strengths,
    }


def _moment(situation: Situation) -> dict[str, Any]:
    moment: dict[str, Any] = {
        "period": situation.period,
        "minute": situation.minute,
        "second": situation.second,
        "score": {"home": situation.home_goals, "away": situation.away_goals},
        "men": {"home": situation.home_men, "away": situation.away_men},
    }
    if situation.finished:
        moment["status"] = "finished"
    elif situation.abandoned:
        moment["status"] = "abandoned"
    if situation.shoot_out is not None:
        home, away = situation.shoot_out
        moment["shoot_out"] = {"home": home, "away": away}
    if situation.shoot_out_kicks is not None:
        home, away = situation.shoot_out_kicks
        moment["shoot_out_kicks"] = {"home": home, "away": away}
    return moment


def _plain(error: urllib3.exceptions.HTTPError) -> str:
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "nothing listens there"
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"no answer within {ANSWER_SECONDS:g} s"
    return str(error) or type(error).__name__


def _detail(body: bytes) -> str:
    try:
        problem = _problem.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    faults = "; ".join(
        f"{one.get('path', '')} {one.get('message', '')}".strip() for one in problem.errors[:3]
    )
    return " ".join(
        part for part in ((problem.detail or problem.title).strip(), f"({faults})" if faults else "") if part
    )
