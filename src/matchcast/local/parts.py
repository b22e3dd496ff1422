"""The parts of the system on one machine, as a table: how each is started, and when it is ready."""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from matchcast.local import broker
from matchcast.local.broker import Broker
from matchcast.local.folder import StateFolder
from matchcast.local.ports import LOOPBACK, free_port
from matchcast.settings import PREFIX, Settings

SPEED = 30
"""How fast the matches of `matchcast up` play: a match takes three minutes and a half."""

RETENTION_BYTES = 256 * 1024**2
"""Most events that a partition keeps unless the settings say otherwise: six of them, a day of five matches."""

PROBE_SECONDS = 2.0

Report = Callable[[str], None]
"""Called with what a part's preparation is doing, in a few words."""


@dataclass(frozen=True)
class Part:
    """One process of the system.

    `prepare` runs in a thread before the process is started; `ready` is asked, also in a thread,
    until it says yes; `needs` names the parts that must be ready before this one is started.
    """

    name: str
    address: str
    command: Callable[[], list[str]]
    ready: Callable[[], bool]
    environment: Mapping[str, str]
    needs: tuple[str, ...] = ()
    prepare: Callable[[Report], None] | None = None
    patience: float = 15.0
    note: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Layout:
    """Where the parts are to be found on this machine."""

    settings: Settings
    folder: StateFolder
    own_kafka: bool
    kafka_port: int
    api_port: int
    dashboard_port: int
    with_producer: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, folder: StateFolder, *, with_producer: bool = True) -> Layout:
        """Lay the parts out as the settings say; a port 0 becomes a free one.

        Raises:
            InvalidBrokerAddress: no broker can be there.
        """
        broker = settings.kafka_broker.strip()
        host, _, port = broker.rpartition(":")
        own_kafka = host in (LOOPBACK, "localhost") and port.isascii() and port.isdigit()
        if not (own_kafka and port == "0"):
            from matchcast.stream.client import parse_broker

            parse_broker(broker)
        if "events_retention_bytes" not in settings.model_fields_set:
            settings = settings.model_copy(update={"events_retention_bytes": RETENTION_BYTES})
        return cls(
            settings,
            folder,
            own_kafka=own_kafka,
            kafka_port=(int(port) or free_port()) if own_kafka else 0,
            api_port=settings.api_port or free_port(),
            dashboard_port=settings.dashboard_port or free_port(),
            with_producer=with_producer,
            environment=dict(os.environ),
        )

    @property
    def kafka_address(self) -> str:
        """Bootstrap servers for the clients."""
        return f"{LOOPBACK}:{self.kafka_port}" if self.own_kafka else self.settings.kafka_broker

    @property
    def api_address(self) -> str:
        """The model API as seen from this machine."""
        return f"http://{_reachable(self.settings.api_host)}:{self.api_port}"

    @property
    def dashboard_address(self) -> str:
        """The dashboard as seen from this machine."""
        return f"http://{_reachable(self.settings.dashboard_host)}:{self.dashboard_port}"

    def ports(self) -> list[tuple[str, int, str]]:
        """Return (part, port, variable that sets it) of each port that must be free."""
        own = [("kafka", self.kafka_port, f"{PREFIX}KAFKA_BROKER")] if self.own_kafka else []
        return [
            *own,
            ("api", self.api_port, f"{PREFIX}API_PORT"),
            ("dashboard", self.dashboard_port, f"{PREFIX}DASHBOARD_PORT"),
        ]

    def parts(self) -> list[Part]:
        """Return the table, in the order in which the parts are shown; they end in the opposite order."""
        kafka = [self._kafka()] if self.own_kafka else []
        producer = [self._producer()] if self.with_producer else []
        return [*kafka, self._api(), self._dashboard(), *producer]

    def _kafka(self) -> Part:
        node = Broker(
            self.folder.kafka,
            port=self.kafka_port,
            heap="384m",
            cache_dir=self.settings.cache_dir,
            log=self.folder.log_of("kafka"),
        )

        def prepare(report: Report) -> None:
            node.prepare(lambda done, total: report(f"jars {done} of {total}"))

        plain = {name: value for name, value in self.environment.items() if not name.startswith(PREFIX)}
        return Part(
            name="kafka",
            address=node.bootstrap,
            command=node.command,
            ready=self._kafka_serves,
            environment={**plain, "MALLOC_ARENA_MAX": "2"},
            prepare=prepare,
            patience=broker.PATIENCE,
            hint=f"read {node.log}; to begin anew without the old matches, move {self.folder.kafka} aside",
        )

    def _kafka_serves(self) -> bool:
        """Tell whether the broker answers and has the topics, which are made when they are missing."""
        if not broker.answers(self.kafka_port, timeout=PROBE_SECONDS):
            return False
        from matchcast.stream.topics import catalogue, ensure_topics

        ensure_topics(self.kafka_address, catalogue(self.settings))
        return True

    def _api(self) -> Part:
        return Part(
            name="api",
            address=f"{self.api_address}/docs",
            command=lambda: _matchcast("api", "--port", str(self.api_port)),
            ready=lambda: _get(f"{self.api_address}/ready") is not None,
            environment=self._environment(),
            patience=25.0,
        )

    def _dashboard(self) -> Part:
        variables = {}
        note = "operator password: as set"
        if self.settings.operator_password is None:
            file = self.folder.secret("operator_password")
            variables[f"{PREFIX}OPERATOR_PASSWORD_FILE"] = str(file)
            note = f"operator password: {file.read_text(encoding='utf-8').strip()}"
        if self.settings.secret_key is None:
            variables[f"{PREFIX}SECRET_KEY_FILE"] = str(self.folder.secret("secret_key"))
        return Part(
            name="dashboard",
            address=self.dashboard_address,
            command=lambda: _matchcast("dashboard", "--port", str(self.dashboard_port)),
            ready=lambda: _get(f"{self.dashboard_address}/ready") is not None,
            environment=self._environment() | variables,
            note=note,
        )

    def _producer(self) -> Part:
        return Part(
            name="producer",
            address=f"matches at {SPEED}x",
            command=lambda: _matchcast("produce", "--speed", str(SPEED)),
            ready=lambda: self.live_matches() > 0,
            environment=self._environment(),
            needs=("kafka",) if self.own_kafka else (),
        )

    def _environment(self) -> dict[str, str]:
        return {
            f"{PREFIX}LOG_FORMAT": "text",
            f"{PREFIX}API_URL": self.api_address,
            **self.environment,
            f"{PREFIX}STATE_DIR": str(self.folder.root),
            f"{PREFIX}EVENTS_RETENTION_BYTES": str(self.settings.events_retention_bytes),
            f"{PREFIX}KAFKA_BROKER": self.kafka_address,
        }

    def live_matches(self) -> int:
        """Return how many running matches the dashboard shows with a forecast; 0 also when it does not answer."""
        found = _get(f"{self.dashboard_address}/api/matches")
        matches = found.get("matches", []) if isinstance(found, dict) else []
        return sum(
            match.get("status") in ("live", "half_time") and match.get("probability") is not None
            for match in matches
        )


def _matchcast(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "matchcast", *arguments]


def _reachable(host: str) -> str:
    if host in ("", "0.0.0.0", "::", "localhost"):  # noqa: S104
        return LOOPBACK
    return f"[{host}]" if ":" in host else host


def _get(url: str) -> Any:
    """Return the JSON of a 200 answer ({} when it is no JSON), or None for any other outcome."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or LOOPBACK, where.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", where.path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return {}
