"""The folder of the local system's Airflow: its settings, users, database and the logs of its tasks.

All settings stand in `airflow.cfg`, so that ``AIRFLOW_HOME=… airflow`` by hand means this Airflow; what
an environment says in AIRFLOW__ variables is of some other one and is kept from it.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matchcast.local.airflow_environment import AirflowUnavailable, Checkout, run_tool
from matchcast.local.folder import StateFolder, written_privately
from matchcast.local.ports import LOOPBACK

OPERATOR = "admin"
KEPT_DAYS = 7
"""How long the logs of tasks and the record of runs are kept."""

LOCK_SECONDS = 5.0

# What belongs to a run goes with it, by the database's own keys. The last run of each kind stays: the scheduler
# goes on from it.
_DROP_OLD = (
    "DELETE FROM dag_run WHERE state IN ('success', 'failed') AND end_date < ? "
    "AND id NOT IN (SELECT max(id) FROM dag_run GROUP BY dag_id, run_type)",
    "DELETE FROM log WHERE dttm < ?",
    "DELETE FROM job WHERE latest_heartbeat < ?",
    "DELETE FROM asset_event WHERE timestamp < ?",
)


class AirflowHome:
    """Airflow's folder below the state folder.

    Args:
        folder: The state folder.
        checkout: Where the DAGs and Airflow's environment are.
        port: Port of 127.0.0.1 that its API and pages are served on.
    """

    def __init__(self, folder: StateFolder, checkout: Checkout, port: int) -> None:
        self.path = folder.airflow
        self._folder = folder
        self._checkout = checkout
        self._port = port
        self.database = self.path / "airflow.db"
        self._passwords = self.path / "passwords.json"
        self._migrated = self.path / "migrated"

    @property
    def address(self) -> str:
        """Where its pages and its API are."""
        return f"http://{LOOPBACK}:{self._port}"

    def write_settings(self, passwords: Mapping[str, str]) -> None:
        """Write `airflow.cfg` and the file of the users' passwords, both for this user's eyes alone.

        Args:
            passwords: Of the operator and, as the only other one, the dashboard's account.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = configparser.ConfigParser(interpolation=None)
        for section, options in self._settings(passwords).items():
            # Airflow reads the file with interpolation.
            written[section] = {name: str(value).replace("%", "%%") for name, value in options.items()}
        with written_privately(self.path / "airflow.cfg") as file:
            written.write(file)
        with written_privately(self._passwords) as file:
            json.dump(dict(passwords), file)

    def _settings(self, passwords: Mapping[str, str]) -> dict[str, dict[str, object]]:
        fernet = base64.urlsafe_b64encode(hashlib.sha256(self._secret("airflow_fernet").encode()).digest())
        roles = {name: "admin" if name == OPERATOR else "op" for name in passwords}
        return {
            "core": {
                "dags_folder": self._checkout.dags,
                "plugins_folder": self._checkout.dags / "plugins",
                "load_examples": False,
                "dags_are_paused_at_creation": False,
                "executor": "LocalExecutor",
                "parallelism": 2,
                "hostname_callable": "socket.gethostname",  # the default asks a name server
                "execution_api_server_url": f"{self.address}/execution/",
                "fernet_key": fernet.decode(),
                "simple_auth_manager_users": ",".join(f"{name}:{role}" for name, role in roles.items()),
                "simple_auth_manager_passwords_file": self._passwords,
            },
            "database": {"sql_alchemy_conn": f"sqlite:///{self.database}"},
            "logging": {
                "base_log_folder": self.path / "logs",
                "colored_console_log": False,
                # it says twice in each round of the scheduler that an end of a match waits for a run to be over
                "namespace_levels": "airflow.models.dag=WARNING",
            },
            "api": {
                "host": LOOPBACK,
                "port": self._port,
                "base_url": self.address,
                "workers": 1,
                "secret_key": self._secret("airflow_secret_key"),
            },
            "api_auth": {"jwt_secret": self._secret("airflow_jwt_secret", 86)},
            "scheduler": {
                "scheduler_idle_sleep_time": 0.5,
                "scheduler_heartbeat_sec": 2,
                "task_instance_heartbeat_timeout": 60,  # a task that was killed is soon tried again
            },
            "dag_processor": {"parsing_processes": 1, "print_stats_interval": 600},
            "usage_data_collection": {"enabled": False},
        }

    def _secret(self, name: str, length: int = 43) -> str:
        return self._folder.secret(name, length).read_text(encoding="utf-8").strip()

    def prepare_database(self, environment: Mapping[str, str]) -> None:
        """Make the database, or bring it to the schema of the environment's Airflow, if it is not there yet.

        It is done on a copy that then takes its place, so that one that is cut short does no harm. Then the
        record of what is older than `KEPT_DAYS` days is dropped; the room is used again, the file does not shrink.
        `airflow db clean` would do the same, and takes some seconds to start.

        Raises:
            AirflowUnavailable: the database is damaged or locked, or cannot be migrated.
        """
        try:
            self._bring_up_to_date(environment)
            self._drop_old_runs()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise AirflowUnavailable(
                    f"Another process has locked its database, {self.database}.",
                    hint=f"end that process (fuser {self.database} names it), then start again",
                ) from error
            raise AirflowUnavailable(
                f"Its database {self.database} cannot be used: {error}.", hint=self._move_aside
            ) from error

    def _bring_up_to_date(self, environment: Mapping[str, str]) -> None:
        wanted = self._checkout.lock_digest()
        if self.database.exists():
            self._require_sound()
            with suppress(OSError):
                if self._migrated.read_text(encoding="utf-8") == wanted:
                    return
        aside = self.database.with_suffix(".migrating")
        aside.unlink(missing_ok=True)
        if self.database.exists():
            with closing(sqlite3.connect(self.database)) as now, closing(sqlite3.connect(aside)) as copy:
                now.backup(copy)
        variables = {**environment, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{aside}"}
        migrated = run_tool([str(self._checkout.python), "-m", "airflow", "db", "migrate"], variables)
        if migrated.returncode:
            last = "\n".join(migrated.stdout.strip().splitlines()[-3:])
            raise AirflowUnavailable(f"Its database cannot be migrated:\n{last}", hint=self._move_aside)
        with closing(sqlite3.connect(aside)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that the one file is all of it
        aside.replace(self.database)
        self._migrated.write_text(wanted, encoding="utf-8")

    def _require_sound(self) -> None:
        # To be the last that closes it also folds in the log of writes that a killed process left beside it.
        with closing(sqlite3.connect(self.database, timeout=LOCK_SECONDS)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            connection.rollback()
        if found != "ok":
            raise AirflowUnavailable(f"Its database {self.database} is damaged.", hint=self._move_aside)

    def _drop_old_runs(self) -> None:
        oldest = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
        with closing(sqlite3.connect(self.database, timeout=LOCK_SECONDS)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            with connection:
                for statement in _DROP_OLD:
                    connection.execute(statement, [oldest.strftime("%Y-%m-%d %H:%M:%S.%f")])

    @property
    def _move_aside(self) -> str:
        return f"move {self.database} aside and start again: it holds the record of the runs, no history or model"

    def drop_old_logs(self) -> None:
        """Remove the logs of tasks that are older than `KEPT_DAYS` days, and folders that are empty then."""
        oldest = time.time() - KEPT_DAYS * 86_400
        for folder, _, files in os.walk(self.path / "logs", topdown=False):
            for name in files:
                with suppress(OSError):
                    log = Path(folder, name)
                    if log.stat().st_mtime < oldest:
                        log.unlink()
            with suppress(OSError):  # it is not empty
                Path(folder).rmdir()
