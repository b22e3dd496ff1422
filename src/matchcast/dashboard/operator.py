"""Who may act: the operator's password, the session it opens, and the token that guards each act."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

from flask import request, session

from matchcast.dashboard.limits import TryLimit, network_of
from matchcast.dashboard.problems import Problem

SESSION_SECONDS = 12 * 3600
CLOCK_SKEW = 60
"""How far apart the clocks of two hosts that share sessions may be, in seconds."""


class Operator:
    """Checks the operator's password and marks sessions that know it.

    The password is kept as a keyed hash alone. The mark in a session is a keyed hash too, made with
    the key that signs sessions: every process with the same key and password takes it, and a new
    password ends all sessions.
    """

    def __init__(
        self, password: str | None, session_key: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = secrets.token_bytes(32)
        self._hash = self._digest(password) if password else None
        self._mark = (
            hmac.new(session_key, b"operator:" + password.encode(), hashlib.sha256).hexdigest()
            if password
            else None
        )
        self._clock = clock
        self._tries = TryLimit(burst=5, seconds=10)

    def _digest(self, password: str) -> bytes:
        return hmac.new(self._key, password.encode(), hashlib.sha256).digest()

    @property
    def configured(self) -> bool:
        """Whether there is a password at all."""
        return self._hash is not None

    def log_in(self, password: str) -> None:
        """Mark this visitor's session as the operator's.

        Raises:
            Problem: 503 without a password to compare with, 429 after too many tries, 401 for a wrong one.
        """
        if self._hash is None or self._mark is None:
            raise not_configured()
        visitor = network_of(request.remote_addr)
        if wait := self._tries.take(visitor):
            raise Problem(
                429,
                f"Too many tries from this address; try again in {wait} s.",
                kind="too-many-tries",
                headers={"Retry-After": str(wait)},
            )
        if not hmac.compare_digest(self._digest(password), self._hash):
            raise Problem(401, "That is not the operator's password.", kind="wrong-password")
        self._tries.forgive(visitor)
        renew_session()
        session["operator"] = self._mark
        session["since"] = int(self._clock())

    def is_logged_in(self) -> bool:
        """Whether this request comes from the operator's session."""
        mark = session.get("operator")
        since = session.get("since")
        if self._mark is None or not isinstance(mark, str) or not isinstance(since, int):
            return False
        age = self._clock() - since
        return -CLOCK_SKEW <= age <= SESSION_SECONDS and hmac.compare_digest(mark, self._mark)


def not_configured() -> Problem:
    """Return what to answer where acting is not possible at all."""
    return Problem(
        503,
        "No operator's password is set, so nobody may act: set MATCHCAST_OPERATOR_PASSWORD_FILE "
        "(or MATCHCAST_OPERATOR_PASSWORD) and start the dashboard again.",
        kind="operator-not-configured",
    )


def renew_session() -> None:
    """Begin this visitor's session anew, with another token; what they look at stays."""
    selected = session.get("match_id")
    session.clear()
    if selected is not None:
        session["match_id"] = selected


def csrf_token() -> str:
    """Return this session's token for acts, made when there is none."""
    token = session.get("csrf_token")
    if not isinstance(token, str):
        token = secrets.token_urlsafe(32)
        session["csrf_token"] = token
    return token


def check_csrf(given: str | None) -> None:
    """Refuse an act whose token is not this session's, or that another site sent.

    Raises:
        Problem: 403.
    """
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        raise Problem(403, "Another site may not act here.", kind="csrf")
    expected = session.get("csrf_token")
    if (
        not isinstance(expected, str)
        or not given
        or not hmac.compare_digest(expected.encode(), given.encode())
    ):
        raise Problem(
            403,
            "This page was open for too long: load it anew. (A program takes its X-CSRF-Token from /api/session.)",
            kind="csrf",
        )
