"""Airflow's REST API as the dashboard's own account uses it: logged in, with patience that has an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import urllib3
from pydantic import SecretStr

from matchcast.dashboard.problems import Problem
from matchcast.dashboard.unanswered import why_unanswered

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 15.0
CONNECTIONS = 4
TURN_SECONDS = 5.0
"""How long a request waits for one of the connections while others wait for their answers on all of them."""

REFUSED_SECONDS = 30.0
"""A login that was refused is not tried again so soon: it would be refused again, and may lock the account."""

FORBIDS = "airflow-forbids"
"""Kind of the problem that the account may log in, but not do what was asked."""

T = TypeVar("T")


class _Token(msgspec.Struct):
    access_token: str


class AirflowApi:
    """Asks Airflow and acts on it; may be used by several greenlets or threads at once.

    Args:
        url: Where it is, with the path that it lies under, if any.
        user: The account.
        password: Its password; without one nothing that needs a login is asked.
    """

    def __init__(
        self, url: str, user: str, password: SecretStr | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.url = url.rstrip("/")
        self._user = user
        self._password = password
        self._clock = clock
        self._token: str | None = None
        self._refusal: tuple[float, Problem] | None = None
        self._logging_in = threading.Lock()
        self._http = urllib3.PoolManager(
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
            maxsize=CONNECTIONS,
            block=True,
        )

    def get(self, shape: type[T], *path: str, login: bool = True, **query: Any) -> T:
        """Return what lies at a path below ``/api/v2``.

        Raises:
            Problem: 503 where Airflow cannot be asked or does not answer as it should, else as Airflow
                said: 404, 409.
        """
        return self._ask(shape, "GET", path, query, None, login=login)

    def post(self, shape: type[T], *path: str, body: Mapping[str, Any]) -> T:
        """Make something at a path; raises as `get`."""
        return self._ask(shape, "POST", path, {}, body)

    def patch(self, shape: type[T], *path: str, body: Mapping[str, Any]) -> T:
        """Change just the fields in the body of what lies at a path; raises as `get`."""
        return self._ask(shape, "PATCH", path, {"update_mask": list(body)}, body)

    def _ask(
        self,
        shape: type[T],
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        *,
        login: bool = True,
    ) -> T:
        place = "/".join(quote(part, safe="~") for part in path)
        address = f"/api/v2/{place}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        token = self._log_in() if login else None
        answer = self._send(method, address, body, token)
        if login and _is_about_token(answer):
            answer = self._send(method, address, body, self._log_in(instead_of=token))
        if answer.status in (401, 403):
            raise Problem(
                503,
                f"Airflow does not let the account {self._user!r} do this: {_detail(answer)} "
                f"({method} /api/v2/{place}).",
                kind=FORBIDS,
            )
        if answer.status in (404, 409):
            raise Problem(answer.status, f"Airflow refuses: {_detail(answer)}.", kind="airflow-refuses")
        if 400 <= answer.status < 500:
            raise Problem(409, f"Airflow refuses: {_detail(answer)}.", kind="airflow-refuses")
        return self._decode(answer, shape)

    def _log_in(self, instead_of: str | None = None) -> str:
        """Return the token, a new one when the one in force is that which was refused."""
        with self._logging_in:
            if self._token is None or self._token == instead_of:
                self._token = None
                self._token = self._new_token()
            return self._token

    def _new_token(self) -> str:
        if self._password is None or not self._password.get_secret_value():
            raise Problem(
                503,
                "The dashboard has no password for Airflow: set MATCHCAST_AIRFLOW_PASSWORD_FILE (or "
                "MATCHCAST_AIRFLOW_PASSWORD) and start it again.",
                kind="airflow-login",
            )
        if self._refusal is not None and self._clock() < self._refusal[0] + REFUSED_SECONDS:
            raise self._refusal[1].with_traceback(None)
        credentials = {"username": self._user, "password": self._password.get_secret_value()}
        answer = self._send("POST", "/auth/token", credentials, None)
        if 400 <= answer.status < 500:
            refusal = Problem(
                503,
                f"Airflow refuses the login of {self._user!r}: {_detail(answer)}. MATCHCAST_AIRFLOW_USER and "
                "MATCHCAST_AIRFLOW_PASSWORD must be those of an account in Airflow.",
                kind="airflow-login",
            )
            self._refusal = self._clock(), refusal
            raise refusal
        self._refusal = None
        return self._decode(answer, _Token).access_token

    def _send(
        self, method: str, address: str, body: Mapping[str, Any] | None, token: str | None
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        sent = None if body is None else msgspec.json.encode(body)

        def send() -> urllib3.BaseHTTPResponse:
            return self._http.request(
                method,
                self.url + address,
                body=sent,
                headers=headers,
                redirect=False,
                pool_timeout=TURN_SECONDS,
            )

        try:
            try:
                return send()
            except urllib3.exceptions.ProtocolError:
                # A connection that was kept too long. All that is sent here may be sent twice.
                return send()
        except urllib3.exceptions.HTTPError as error:
            raise Problem(
                503, f"Airflow at {self.url} does not answer: {_cause(error)}.", kind="airflow-down"
            ) from error

    def _decode(self, answer: urllib3.BaseHTTPResponse, shape: type[T]) -> T:
        if not 200 <= answer.status < 300:
            self._fail(f"it answers with status {answer.status}")
        try:
            return msgspec.json.decode(answer.data, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._fail(f"what answers there is not Airflow 3 ({error})", error)

    def _fail(self, reason: str, cause: Exception | None = None) -> NoReturn:
        raise Problem(503, f"Airflow at {self.url} fails: {reason}.", kind="airflow-fails") from cause


def _is_about_token(answer: urllib3.BaseHTTPResponse) -> bool:
    """Whether a token was refused; one that ran out gives 401, one that the key does not fit 403."""
    return answer.status == 401 or (answer.status == 403 and "JWT" in _detail(answer))


def _cause(error: Exception) -> str:
    if isinstance(error, urllib3.exceptions.EmptyPoolError):
        return f"{CONNECTIONS} requests are waiting for it already"
    if isinstance(error, urllib3.exceptions.LocationValueError | urllib3.exceptions.URLSchemeUnknown):
        return "MATCHCAST_AIRFLOW_URL is not an address such as http://127.0.0.1:8080"
    return why_unanswered(error, ANSWER_SECONDS)


def _detail(answer: urllib3.BaseHTTPResponse) -> str:
    """What Airflow says of an error, as a clause: `detail` is a sentence, or an object or a list about it."""
    try:
        detail = msgspec.json.decode(answer.data)["detail"]
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError):
        return f"status {answer.status}"
    if isinstance(detail, list):
        detail = "; ".join(str(one.get("msg", one)) if isinstance(one, dict) else str(one) for one in detail)
    elif isinstance(detail, dict):
        detail = detail.get("reason") or detail.get("message") or f"status {answer.status}"
    return str(detail).strip().rstrip(".")
