"""Files over HTTP: taken up where they broke off, checked before they count, and plain about what fails."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from matchcast import __version__
from matchcast.history.errors import HistoryUnwritable, OriginRefused, OriginUnreachable, WrongChecksum
from matchcast.history.files import sync
from matchcast.history.origins import Checksum

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int | None], None]
"""Called with the URL, the bytes that are there, and how many there will be where the server says so."""

LONGEST_FILE: Final = 512 * 1024**2
"""Bytes past which a file is not what was asked for."""

_CHUNK = 256 * 1024
_RESUMED, _UNSATISFIABLE = 206, 416
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 60.0
_KEPT = "what was fetched is kept; run it again when the network is back"


class _BrokenOff(Exception):
    """One try failed in a way that another may not."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Downloader:
    """Fetches files; may be used from several threads.

    Args:
        tries: how often in a row the server may fail without having sent a byte.
        pause: seconds before the second try; each further one waits twice as long.
        timeout: seconds without a byte after which the connection is given up.
    """

    def __init__(
        self, *, tries: int = 5, pause: float = 0.5, timeout: float = 30, connections: int = 6
    ) -> None:
        self._tries = tries
        self._pause = pause
        self._timeout = timeout
        self._connections = connections
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def fetch(
        self, url: str, target: Path, checksum: Checksum | None, progress: Progress | None = None
    ) -> None:
        """Bring a file to `target`, on from where an earlier fetch broke off.

        With a checksum, a file that is there and right is not fetched again, and one that was put
        together from pieces and is wrong is fetched once more as a whole.

        Raises:
            OriginUnreachable: no network, or the server goes on breaking off.
            OriginRefused: the server has no such file or does not give it.
            WrongChecksum: the file is not the one that was pinned; it is not kept.
            HistoryUnwritable: the disk is full or the folder may not be written.
        """
        part = target.with_name(f"{target.name}.part")
        with _writing(target):
            if checksum is not None and target.exists() and digest_of(target, checksum) == checksum.value:
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            if checksum is None:
                part.unlink(missing_ok=True)  # of a file that may have changed since
            resumed = part.exists()
            self._complete(url, part, progress)
            if checksum is not None and (found := digest_of(part, checksum)) != checksum.value:
                part.unlink()
                if not resumed:
                    raise WrongChecksum(url, str(checksum), found)
                log.warning("what was fetched in pieces is wrong; fetching it anew", extra={"url": url})
                self._complete(url, part, progress)
                if (found := digest_of(part, checksum)) != checksum.value:
                    part.unlink()
                    raise WrongChecksum(url, str(checksum), found)
            sync(part)
            part.replace(target)
            sync(target.parent)

    def read(self, url: str, checksum: Checksum | None = None) -> bytes:
        """Return a small file, which travels compressed; raises what `fetch` raises."""
        content = self._persist(url, lambda: self._read_once(url), lambda: 0)
        if checksum is not None and (found := digest(content, checksum)) != checksum.value:
            raise WrongChecksum(url, str(checksum), found)
        return content

    def _complete(self, url: str, part: Path, progress: Progress | None) -> None:
        self._persist(url, lambda: self._append_once(url, part, progress), lambda: _size(part))

    def _persist(self, url: str, attempt: Callable[[], bytes], position: Callable[[], int]) -> bytes:
        """Try until it works, or until `tries` in a row brought nothing."""
        failed = 0
        while True:
            before = position()
            try:
                return attempt()
            except _BrokenOff as error:
                failed = 1 if position() > before else failed + 1
                log.info("fetch broke off: %s", error, extra={"url": url, "bytes": position()})
                if failed >= self._tries:
                    raise OriginUnreachable(f"{url} cannot be fetched: {error}.", hint=_KEPT) from error
                time.sleep(min(error.wait or self._pause * 2 ** (failed - 1), _LONGEST_WAIT))

    def _read_once(self, url: str) -> bytes:
        with self._asked(url, {"Accept-Encoding": "gzip"}) as response:
            content = bytearray()
            for chunk in response.stream(_CHUNK, decode_content=True):
                content += chunk
                _require_bounded(url, len(content))
        return bytes(content)

    def _append_once(self, url: str, part: Path, progress: Progress | None) -> bytes:
        start = _size(part)
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with self._asked(url, headers) as response:
            if response.status == _UNSATISFIABLE:
                if response.headers.get("Content-Range") == f"bytes */{start}":
                    return b""  # it had broken off after the last byte
                part.unlink()
                raise _BrokenOff("the server has fewer bytes than were fetched before")
            resumes = response.status == _RESUMED and response.headers.get("Content-Range", "").startswith(
                f"bytes {start}-"
            )
            done = start if resumes else 0
            length = response.headers.get("Content-Length", "")
            total = done + int(length) if length.isdecimal() else None
            with part.open("ab" if resumes else "wb") as file:
                for chunk in response.stream(_CHUNK, decode_content=False):
                    file.write(chunk)
                    done += len(chunk)
                    _require_bounded(url, done)
                    if progress is not None:
                        progress(url, done, total)
        return b""

    @contextmanager
    def _asked(self, url: str, headers: dict[str, str]) -> Iterator[urllib3.BaseHTTPResponse]:
        try:
            response = self._pool(url).request("GET", url, headers=headers, preload_content=False)
            try:
                _require_given(url, response)
                yield response
                response.drain_conn()
            finally:
                response.close()
        except MaxRetryError as error:
            raise _BrokenOff(_said(error.reason or error)) from error
        except (HTTPError, SSLError) as error:
            raise _BrokenOff(_said(error)) from error

    def _pool(self, url: str) -> urllib3.PoolManager:
        """Return the connections to a host: by the proxy that the environment names, else direct."""
        parts = urlsplit(url)
        proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
        if proxy not in self._pools:
            make = partial(urllib3.ProxyManager, proxy) if proxy else urllib3.PoolManager
            self._pools[proxy] = make(
                headers={"User-Agent": f"matchcast/{__version__}"},
                maxsize=self._connections,
                block=True,
                timeout=urllib3.Timeout(connect=min(self._timeout, 10), read=self._timeout),
                retries=urllib3.Retry(total=3, connect=0, read=0, status=0, other=0, redirect=3),
            )
        return self._pools[proxy]


def digest(content: bytes, checksum: Checksum) -> str:
    """Return what bytes hash to, in the way of a checksum."""
    if checksum.kind == "git":
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return hashlib.sha256(content).hexdigest()


def digest_of(path: Path, checksum: Checksum) -> str:
    """Return what a file hashes to, in the way of a checksum."""
    if checksum.kind == "git":
        return digest(path.read_bytes(), checksum)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_given(url: str, response: urllib3.BaseHTTPResponse) -> None:
    status = response.status
    if status in (200, _RESUMED, _UNSATISFIABLE):
        return
    wait = response.headers.get("Retry-After", "")
    limited = response.headers.get("X-RateLimit-Remaining") == "0"
    if status in _PASSING:
        raise _BrokenOff(f"the server answers {status}", float(wait) if wait.isdecimal() else 0.0)
    if limited:
        raise OriginRefused(
            f"{url} is not given: too many requests from this address.", hint="run it again in an hour"
        )
    raise OriginRefused(
        f"{url} is not given: the server answers {status}.",
        hint="see that the address is right (MATCHCAST_ORIGIN_URL) and that no proxy is in the way",
    )


def _require_bounded(url: str, size: int) -> None:
    if size > LONGEST_FILE:
        raise OriginRefused(f"{url} sends more than {LONGEST_FILE} bytes.", hint="do not use it")


def _said(error: Exception) -> str:
    text = str(error)
    return text.partition(": ")[2] if text.startswith(("<", "HTTPConnection", "HTTPSConnection")) else text


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else os.strerror(error.errno or 0)
        raise HistoryUnwritable(target, reason) from error
