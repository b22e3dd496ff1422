"""A PostgreSQL of a test's own, from the binaries of Debian's package or of the path."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.dags.running import wait_until

from matchcast.local.ports import free_port

OWNER = "postgres"
"""The user that Debian's package makes; the server refuses to run as root."""


def find_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL here."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


@contextmanager
def running_postgresql(binaries: Path) -> Iterator[str]:
    """Give the address of an empty database, as SQLAlchemy takes it; it and its server are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="matchcast-pg-") as name:
        folder, password, port = Path(name), secrets.token_urlsafe(12), free_port()
        secret = folder / "password"
        secret.write_text(password)
        unprivileged: Mapping[str, Any] = {}
        if os.getuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, OWNER, OWNER)
            unprivileged = {"user": OWNER, "group": OWNER, "extra_groups": []}
        subprocess.run(
            [binaries / "initdb", f"--pgdata={folder / 'data'}", "--username=airflow", f"--pwfile={secret}",
             "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **unprivileged,
        )  # fmt: skip
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1",
                 "-k", folder, "-c", "fsync=off"],
                stdout=log, stderr=log, cwd=folder, **unprivileged,
            )  # fmt: skip
        try:
            address = f"airflow:{password}@127.0.0.1:{port}"
            _make_database(binaries, address, folder / "log")
            yield f"postgresql+psycopg2://{address}/airflow"
        finally:
            server.send_signal(signal.SIGINT)  # its fast shutdown
            server.wait(30)


def _make_database(binaries: Path, address: str, log: Path) -> None:
    ready = [binaries / "pg_isready", "--quiet", f"--dbname=postgresql://{address}/postgres"]
    wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, f"PostgreSQL answers; see {log}")
    command = [binaries / "psql", "--quiet", f"--dbname=postgresql://{address}/postgres"]
    done = subprocess.run(
        [*command, "--command=CREATE DATABASE airflow"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + log.read_text()
