"""Visitors who never stop asking: requests to the page and to the model API, and an event stream, through nginx."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import urllib3
from tests.hosts.controller import NAME

MATCH = {"home_team": "Arsenal", "away_team": "Chelsea"}
QUESTION = {"match": MATCH, "period": 2, "minute": 70, "score": {"home": 1, "away": 0}}
ASKED = (
    ("GET", "/", None),
    ("GET", "/api/matches", None),
    ("GET", "/api/v1/ready", None),
    ("POST", "/api/v1/predict", json.dumps(QUESTION)),
)
PAUSE_SECONDS = 0.1
"""Between an answer and the next question of one visitor: some forty requests a second in all."""


class Load:
    """Four visitors and an event stream for as long as the context lasts; each question comes by a connection of its own.

    Attributes:
        answered: how often each question was answered as it should be.
        failed: what each other one met, with the seconds since the start.
        longest: seconds of the slowest answer.
        streams: how often the event stream was opened.
    """

    def __init__(self, address: str, root: Path) -> None:
        self._pool = urllib3.HTTPSConnectionPool(
            address,
            443,
            ssl_context=ssl.create_default_context(cafile=str(root)),
            server_hostname=NAME,
            assert_hostname=NAME,
            maxsize=len(ASKED) + 1,
            timeout=30,
            retries=False,
        )
        self.answered: Counter[str] = Counter()
        self.failed: list[str] = []
        self.longest = 0.0
        self.streams = 0
        self._heard = 0.0
        self._over = threading.Event()
        works: list[Callable[[], None]] = [self._listen]
        works += [lambda asked=asked: self._ask(*asked) for asked in ASKED]  # type: ignore[misc]
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]

    def __enter__(self) -> Load:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _fail(self, what: str) -> None:
        self.failed.append(f"after {time.monotonic() - self._began:.1f} s: {what}")

    def _ask(self, method: str, path: str, body: str | None) -> None:
        headers = {"Host": NAME, "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        while not self._over.wait(PAUSE_SECONDS):
            began = time.monotonic()
            try:
                answer = self._pool.request(method, path, body=body, headers=headers, redirect=False)
            except urllib3.exceptions.HTTPError as error:
                self._fail(f"{method} {path}: {error}")
                continue
            self.longest = max(self.longest, time.monotonic() - began)
            if answer.status == 200:
                self.answered[path] += 1
            else:
                self._fail(f"{method} {path}: {answer.status} {answer.data[:200]!r}")

    def _listen(self) -> None:
        headers = {"Host": NAME, "Accept": "text/event-stream"}
        while not self._over.is_set():
            try:
                answer = self._pool.request("GET", "/api/stream", headers=headers, preload_content=False)
                self.streams += 1
                if answer.status != 200:
                    self._fail(f"GET /api/stream: {answer.status}")
                for _ in answer.stream(1):
                    self._heard = time.monotonic()
                    if self._over.is_set():
                        break
                answer.release_conn()
            except urllib3.exceptions.HTTPError as error:
                # A stream may be cut off: its page opens it again. That it cannot be opened is a failure.
                if not isinstance(error, urllib3.exceptions.ProtocolError):
                    self._fail(f"GET /api/stream: {error}")
            self._over.wait(PAUSE_SECONDS)

    def has_heard_since(self, moment: float) -> bool:
        """Tell whether the event stream has brought anything since a moment of `time.monotonic()`."""
        return self._heard > moment

    def told(self) -> str:
        """Return what came of it, in a line."""
        return (
            f"{self.answered.total()} answered, {len(self.failed)} failed, longest {self.longest:.2f} s, "
            f"{self.streams} streams"
        )
