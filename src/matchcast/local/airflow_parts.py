"""Airflow on one machine: the four processes of its own environment, as parts of the system."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from matchcast.local.airflow_environment import Checkout
from matchcast.local.airflow_home import OPERATOR, AirflowHome
from matchcast.local.folder import MARKER, StateFolder
from matchcast.local.part import Part, Report, get_json
from matchcast.local.ports import LOOPBACK
from matchcast.local.processes import guarded
from matchcast.settings import PREFIX, Settings, is_secret

SERVICE = "airflow"
API_SERVER, SCHEDULER, DAG_PROCESSOR, TRIGGERER = PARTS = (
    "airflow",
    "scheduler",
    "dag-processor",
    "triggerer",
)
"""The parts; that of the API server, which serves the pages, has the name of the whole."""

ACCOUNT = "dashboard"
PATIENCE = 10.0
TASK_SECONDS = 8
"""What the tasks at work get to end by themselves when the system is stopped."""

_COMMANDS = {
    API_SERVER: ("api-server",),
    SCHEDULER: ("scheduler", "--skip-serve-logs"),  # which would listen on all interfaces
    DAG_PROCESSOR: ("dag-processor",),
    TRIGGERER: ("triggerer", "--skip-serve-logs"),
}


@dataclass
class Airflow:
    """The four processes.

    Args:
        settings: Those of the system; they give the operator's password.
        folder: The state folder.
        checkout: Where the DAGs are.
        port: Port of 127.0.0.1.
        environment: What the other parts run with; tasks run the system's own commands.
        release: Folder of the environment whose commands the tasks run.
    """

    settings: Settings
    folder: StateFolder
    checkout: Checkout
    port: int
    environment: Mapping[str, str]
    release: str
    _prepared: bool = False
    _commanded: dict[str, float] = field(default_factory=dict)

    @property
    def home(self) -> AirflowHome:
        """Its folder."""
        return AirflowHome(self.folder, self.checkout, self.port)

    def parts(self, needs: tuple[str, ...]) -> list[Part]:
        """Return the four parts, to be started once the parts that `needs` names are ready.

        They end in the opposite order: the scheduler first, while its tasks still find the API.
        """
        head = replace(
            self._part(API_SERVER, self.home.address),
            needs=needs,
            prepare=self._prepare,
            note=f"user {OPERATOR}, the operator's password",
        )
        others = [replace(self._part(name), after=(API_SERVER,)) for name in (DAG_PROCESSOR, TRIGGERER)]
        # A task that begins before the API answers has failed.
        return [head, *others, replace(self._part(SCHEDULER), needs=(API_SERVER,))]

    def _part(self, name: str, address: str = "of airflow") -> Part:
        return Part(
            name=name,
            address=address,
            command=lambda: self._command(name),
            ready=lambda: self._healthy(name),
            environment=self.process_environment(),
            patience=PATIENCE,
            service=SERVICE,
        )

    def _prepare(self, report: Report) -> None:
        if self._prepared:  # what the other processes work with is not changed under them
            return
        marker = {MARKER: str(self.folder.root)}
        report("making its environment")
        self.checkout.make_environment(marker)
        home = self.home
        home.write_settings(self._passwords())
        home.drop_old_logs()
        report("preparing its database")
        home.prepare_database({**self.process_environment(), **marker})
        self._prepared = True

    def _passwords(self) -> dict[str, str]:
        if own := self.settings.operator_password:
            of_operator = own.get_secret_value()
        else:
            of_operator = self.folder.operator_password().read_text(encoding="utf-8").strip()
        of_account = self.folder.secret("airflow_password").read_text(encoding="utf-8").strip()
        return {OPERATOR: of_operator, ACCOUNT: of_account}

    def _command(self, name: str) -> list[str]:
        self._commanded[name] = time.time()
        command = [str(self.checkout.python), "-m", "airflow", *_COMMANDS[name]]
        # Tasks leave the scheduler's process group.
        return guarded(command, patience=TASK_SECONDS) if name == SCHEDULER else command

    def _healthy(self, name: str) -> bool:
        """Tell whether a process has shown that it is alive since it was started."""
        health = get_json(f"{self.home.address}/api/v2/monitor/health")
        if not health:
            return False
        if name == API_SERVER:
            return True
        component = name.replace("-", "_")
        found = health.get(component) or {}
        beat = found.get(f"latest_{component}_heartbeat")
        return bool(
            found.get("status") == "healthy"
            and beat
            and datetime.fromisoformat(beat).timestamp() >= self._commanded.get(name, 0.0)
        )

    def process_environment(self) -> dict[str, str]:
        """Return the variables of Airflow's processes, and so of the tasks: no secret is among them."""
        kept = {
            name: value
            for name, value in self.environment.items()
            if not name.startswith("AIRFLOW_") and name not in ("PYTHONPATH", *_SECRETS)
        }
        without_proxy = ",".join(_each(kept.get("NO_PROXY"), kept.get("no_proxy"), LOOPBACK, "localhost"))
        return {
            **kept,
            "AIRFLOW_HOME": str(self.home.path),
            "MATCHCAST_RELEASE": self.release,
            "MALLOC_ARENA_MAX": "2",
            "NO_PROXY": without_proxy,
            "no_proxy": without_proxy,
        }

    def dashboard_environment(self) -> dict[str, str]:
        """Return the variables that connect the dashboard with this Airflow."""
        return {
            f"{PREFIX}AIRFLOW_URL": self.home.address,
            f"{PREFIX}AIRFLOW_USER": ACCOUNT,
            f"{PREFIX}AIRFLOW_PASSWORD_FILE": str(self.folder.secret("airflow_password")),
        }


_SECRETS = [
    f"{PREFIX}{name.upper()}{end}"
    for name, secret in Settings.model_fields.items()
    if is_secret(secret)
    for end in ("", "_FILE")
]


def _each(*lists: str | None) -> Iterable[str]:
    """Return the entries of comma-separated lists, each once."""
    entries = ",".join(filter(None, lists)).split(",")
    return dict.fromkeys(entry.strip() for entry in entries if entry.strip())
