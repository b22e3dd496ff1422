"""Many open pages in a process of their own: each reads an event stream and notes what came when."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import NamedTuple, cast
from urllib.parse import urlsplit

_POINT = re.compile(rb'"stream_id":"(\d+:\d+)"')
_SNAPSHOT = b"event: snapshot"


class Seen(NamedTuple):
    """What one viewer saw: (ms since a record was made, when it was shown) of each update, and points."""

    status: int
    updates: list[tuple[int, float]]
    points: dict[str, float]
    snapshots: int


class _Viewer(asyncio.Protocol):
    def __init__(self, host: str, path: str) -> None:
        self._request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._head = b""
        self._rest = b""
        self.status = 0
        self.updates: list[tuple[int, float]] = []
        self.points: dict[str, float] = {}
        self.snapshots = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        if not self.status:
            self.status = int(data.split(b" ", 2)[1])
        *messages, self._rest = (self._rest + data).split(b"\n\n")
        for message in messages:
            if _SNAPSHOT in message:
                self.snapshots += 1
                continue
            produced = re.search(rb'"produced_at":(\d+)', message)
            if produced is not None:
                self.updates.append((int(produced[1]), now))
                for point in _POINT.findall(message):
                    self.points.setdefault(point.decode(), now)

    def seen(self) -> Seen:
        return Seen(self.status, self.updates, self.points, self.snapshots)


async def _view(url: str, paths: Sequence[str], orders: Connection) -> list[Seen]:
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    connections = []
    for path in paths:

        def make(path: str = path) -> _Viewer:
            return _Viewer(address.netloc, path)

        connections.append(await loop.create_connection(make, address.hostname or "", address.port or 80))
    viewers = [viewer for _, viewer in connections]
    while not all(viewer.status for viewer in viewers):
        await asyncio.sleep(0.05)
    orders.send("open")
    await asyncio.to_thread(orders.recv)
    for transport, _ in connections:
        transport.close()
    return [viewer.seen() for viewer in viewers]


def _work(url: str, paths: Sequence[str], orders: Connection) -> None:
    orders.send(asyncio.run(_view(url, paths, orders)))


class Viewers:
    """Open pages; they are open when the object is made, and `close` gives what they saw."""

    def __init__(self, url: str, paths: Sequence[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(url, paths, theirs), daemon=True)
        self._process.start()
        self._orders.recv()

    def close(self) -> list[Seen]:
        """Close the pages and return what they saw."""
        self._orders.send("close")
        seen: list[Seen] = self._orders.recv()
        self._process.join(10)
        return seen
