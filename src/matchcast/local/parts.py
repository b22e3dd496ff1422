"""The parts of the system on one machine, as a table: how each is started, and when it is ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from matchcast.local.airflow_environment import Checkout
from matchcast.local.airflow_parts import Airflow
from matchcast.local.broker import PATIENCE, Broker
from matchcast.local.folder import StateFolder
from matchcast.local.kafka_protocol import answers
from matchcast.local.part import PROBE_SECONDS, Part, Report, get_json
from matchcast.local.ports import LOOPBACK, free_port
from matchcast.settings import PREFIX, Settings

SPEED = 30
"""How fast the matches of `matchcast up` play: a match takes three minutes and a half."""

RETENTION_BYTES = 256 * 1024**2
"""Most events that a partition keeps unless the settings say otherwise: six of them, a day of five matches."""


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
    airflow_port: int = 0
    checkout: Checkout | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        settings: Settings,
        folder: StateFolder,
        *,
        with_producer: bool = True,
        with_airflow: bool = True,
    ) -> Layout:
        """Lay the parts out as the settings say; a port 0 becomes a free one.

        Airflow is among them where this is a checkout and the settings name no other.

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
            airflow_port=settings.airflow_port or free_port(),
            checkout=Checkout.find() if with_airflow and settings.airflow_url is None else None,
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
            *([("airflow", self.airflow_port, f"{PREFIX}AIRFLOW_PORT")] if self.checkout else []),
        ]

    def parts(self) -> list[Part]:
        """Return the table, in the order in which the parts are shown; they end in the opposite order."""
        kafka = [self._kafka()] if self.own_kafka else []
        producer = [self._producer()] if self.with_producer else []
        first = [*kafka, self._api(), self._dashboard(), *producer]
        airflow = self.airflow()
        return [*first, *(airflow.parts(tuple(part.name for part in first)) if airflow else [])]

    def airflow(self) -> Airflow | None:
        """Return the Airflow that is started here, if one is."""
        if self.checkout is None:
            return None
        return Airflow(
            self.settings, self.folder, self.checkout, self.airflow_port, self._environment(), sys.prefix
        )

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
            patience=PATIENCE,
            hint=f"read {node.log}; to begin anew without the old matches, move {self.folder.kafka} aside",
        )

    def _kafka_serves(self) -> bool:
        """Tell whether the broker answers and has the topics, which are made when they are missing."""
        if not answers(LOOPBACK, self.kafka_port, timeout=PROBE_SECONDS):
            return False
        from matchcast.stream.topics import catalogue, ensure_topics

        ensure_topics(self.kafka_address, catalogue(self.settings))
        return True

    def _api(self) -> Part:
        return Part(
            name="api",
            address=f"{self.api_address}/docs",
            command=lambda: _matchcast("api", "--port", str(self.api_port)),
            ready=lambda: get_json(f"{self.api_address}/ready") is not None,
            environment=self._environment(),
            patience=25.0,
        )

    def _dashboard(self) -> Part:
        variables = {}
        note = "operator password: as set"
        if self.settings.operator_password is None:
            file = self.folder.operator_password()
            variables[f"{PREFIX}OPERATOR_PASSWORD_FILE"] = str(file)
            note = f"operator password: {file.read_text(encoding='utf-8').strip()}"
        if self.settings.secret_key is None:
            variables[f"{PREFIX}SECRET_KEY_FILE"] = str(self.folder.secret("secret_key"))
        environment = self._environment() | variables
        if airflow := self.airflow():
            environment.pop(f"{PREFIX}AIRFLOW_PASSWORD", None)
            environment |= airflow.dashboard_environment()
        return Part(
            name="dashboard",
            address=self.dashboard_address,
            command=lambda: _matchcast("dashboard", "--port", str(self.dashboard_port)),
            ready=lambda: get_json(f"{self.dashboard_address}/ready") is not None,
            environment=environment,
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
            f"{PREFIX}HISTORY_DIR": str(self.settings.history_dir.absolute()),
            f"{PREFIX}EVENTS_RETENTION_BYTES": str(self.settings.events_retention_bytes),
            f"{PREFIX}KAFKA_BROKER": self.kafka_address,
        }

    def live_matches(self) -> int:
        """Return how many running matches the dashboard shows with a forecast; 0 also when it does not answer."""
        found = get_json(f"{self.dashboard_address}/api/matches")
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
