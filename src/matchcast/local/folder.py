"""The folder that holds all that one machine's system keeps: data, logs, secrets, and who runs.

A lock says that a supervisor is at work, and is given back by the kernel however that one ends.
`run.json` says what it started, each process by pid and birth, so that the next start can tell what
was left behind. Every process that a supervisor starts also carries `MARKER` in its environment, and
`PART_MARKER` with the name of its part.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import string
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import psutil

from matchcast.errors import MatchcastError
from matchcast.local.processes import Identity

MARKER = "MATCHCAST_STARTED_BY_UP"
PART_MARKER = "MATCHCAST_STARTED_AS"

_TYPED = string.ascii_letters + string.digits  # of 5.95 bits each, and none that a shell or a form minds

LITTLE_ROOM = 20_000_000
"""Bytes; Kafka writes its segments in pieces of 10 MB."""


class FolderUnusable(MatchcastError):
    """The state folder cannot be written."""


class AlreadyRunning(MatchcastError):
    """Another supervisor has the folder."""


@dataclass(frozen=True)
class PartRecord:
    """What `run.json` says of one part."""

    name: str
    state: str
    address: str
    since: float
    restarts: int = 0
    process: Identity | None = None
    reason: str = ""


@dataclass(frozen=True)
class RunRecord:
    """What `run.json` says of one run; times are seconds since the epoch."""

    supervisor: Identity
    started_at: float
    ready_at: float | None = None
    parts: list[PartRecord] = field(default_factory=list)


class StateFolder:
    """The state folder at `root`, made when missing."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.logs = self.root / "logs"
        self.kafka = self.root / "kafka"
        self.airflow = self.root / "airflow"

    def make(self) -> None:
        """Make the folder.

        Raises:
            FolderUnusable: it cannot be made or written.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            probe = self.root / ".writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise FolderUnusable(
                f"The state folder {self.root} cannot be written: {error.strerror}.",
                hint="set MATCHCAST_STATE_DIR to a folder that you may write",
            ) from error

    @property
    def is_full(self) -> bool:
        """Whether the disk that it is on has no room left to speak of."""
        try:
            return shutil.disk_usage(self.root).free < LITTLE_ROOM
        except OSError:
            return False

    def log_of(self, part: str) -> Path:
        """Return the log file of a part."""
        return self.logs / f"{part}.log"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises:
            AlreadyRunning: another process holds it.
        """
        with (self.root / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise AlreadyRunning(
                    f"Matchcast already runs in {self.root}.", hint="matchcast status, or matchcast down"
                ) from error
            handle.truncate(0)
            json.dump(asdict(Identity.own()), handle)
            handle.flush()
            yield

    def holder(self) -> Identity | None:
        """Return the supervisor that is at work here, or None; changes nothing."""
        try:
            with (self.root / "lock").open() as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return Identity(**json.load(handle))
        except (OSError, ValueError, TypeError):
            pass
        return None

    def write_record(self, record: RunRecord) -> None:
        """Replace `run.json`."""
        aside = self.root / "run.json.new"
        aside.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
        aside.replace(self.root / "run.json")

    def running(self) -> RunRecord | None:
        """Return the record of the supervisor at work, or None when there is none, or none yet."""
        holder, record = self.holder(), self.read_record()
        return record if record is not None and record.supervisor == holder else None

    def read_record(self) -> RunRecord | None:
        """Return what the last supervisor wrote, or None when there is nothing readable."""
        try:
            found = json.loads((self.root / "run.json").read_text(encoding="utf-8"))
            parts = [
                PartRecord(**{**part, "process": _identity(part["process"])}) for part in found.pop("parts")
            ]
            return RunRecord(**{**found, "supervisor": Identity(**found["supervisor"]), "parts": parts})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def leftovers(self) -> list[tuple[str, Identity]]:
        """Return what an earlier run left alive, as (name, identity), one process for each group."""
        found: dict[int, tuple[str, Identity]] = {}
        record = self.read_record()
        for part in record.parts if record else ():
            if part.process is not None and part.process.running():
                found[part.process.pid] = (part.name, part.process)
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                group = os.getpgid(process.pid)
                if group not in found and process.environ().get(MARKER) == str(self.root):
                    found[group] = (process.name(), Identity(process.pid, process.create_time()))
        found.pop(os.getpgrp(), None)
        return list(found.values())

    def kill_rest_of(self, part: str | None) -> None:
        """Kill whatever is left of a part, in whichever process group; None means all that was started."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                found = process.environ()
                mine = found.get(MARKER) == str(self.root) and process.pid != os.getpid()
                if mine and part in (None, found.get(PART_MARKER)):
                    process.kill()

    def secret_path(self, name: str) -> Path:
        """Return where the file of a secret is, or will be."""
        return self.root / "secrets" / name

    def operator_password(self) -> Path:
        """Return the file of the operator's password, which is short enough to be typed."""
        return self.secret("operator_password", 20)

    def secret(self, name: str, length: int = 43) -> Path:
        """Return the file of a secret, which is generated once and readable by its owner alone."""
        file = self.secret_path(name)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        if not file.exists():
            with written_privately(file) as handle:
                handle.write("".join(secrets.choice(_TYPED) for _ in range(length)) + "\n")
        return file


@contextmanager
def written_privately(file: Path) -> Iterator[TextIO]:
    """Give a file to write, which only its owner may read, and which then takes the place of `file`."""
    aside = file.with_name(f"{file.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(
        os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as handle:
        yield handle
    aside.replace(file)


def _identity(found: dict[str, Any] | None) -> Identity | None:
    return None if found is None else Identity(**found)
