"""A client that keeps some connections busy, each with one request after the other.

It runs as a process of its own, ``python -m benchmarks.load PLAN.json``, and prints what it measured
as JSON.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop


class Plan(msgspec.Struct, frozen=True):
    """What to ask: `bodies` are posted in turn, without any the address is got.

    `seconds` are measured after `warm_up` more; `core` is the core to stay on, None for any.
    """

    url: str
    bodies: list[str]
    connections: int
    seconds: float
    warm_up: float
    core: int | None


class Measured(msgspec.Struct, frozen=True):
    """What was measured: `rate` in answers a second, `p50` and `p99` in milliseconds, after the warm-up.

    `answered` and `failed` (any status but 200) count the answers during the warm-up too.
    """

    answered: int
    failed: int
    rate: float
    p50: float
    p99: float


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer before it is whole."""

    def __init__(self, requests: list[bytes], first: int) -> None:
        self._requests = cycle(requests[first:] + requests[:first])
        self._transport: asyncio.Transport | None = None
        self._sent_at = 0.0
        self._received = b""
        self._length = -1
        self.closed = asyncio.get_running_loop().create_future()
        self.stopping = False
        self.failed = 0
        self.answers: list[tuple[float, float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._length < 0:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._received[:end].lower()
            self.failed += not head.startswith(b"http/1.1 200")
            self._length = end + 4 + int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(self._received) < self._length:
            return
        now = time.perf_counter()
        self.answers.append((now, now - self._sent_at))
        self._received, self._length = b"", -1
        if self.stopping and self._transport is not None:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.stopping:
            self.failed += 1
        if not self.closed.done():
            self.closed.set_result(None)

    def _send(self) -> None:
        if self._transport is not None:
            self._sent_at = time.perf_counter()
            self._transport.write(next(self._requests))


def _requests(plan: Plan) -> list[bytes]:
    address = urlsplit(plan.url)
    head = f"{address.path or '/'} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    if not plan.bodies:
        return [f"GET {head}\r\n".encode()]
    return [
        f"POST {head}Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode()
        for body in plan.bodies
    ]


async def _measure(plan: Plan) -> Measured:
    address = urlsplit(plan.url)
    loop = asyncio.get_running_loop()
    requests = _requests(plan)
    began = time.perf_counter() + plan.warm_up
    connections = []
    for number in range(plan.connections):
        first = number * len(requests) // plan.connections

        def make(first: int = first) -> _Connection:
            return _Connection(requests, first)

        _, connection = await loop.create_connection(make, address.hostname or "", address.port or 80)
        connections.append(connection)
    await asyncio.sleep(max(0.0, began + plan.seconds - time.perf_counter()))
    ended = time.perf_counter()
    for connection in connections:
        connection.stopping = True
    await asyncio.wait_for(asyncio.gather(*(connection.closed for connection in connections)), 30)
    answers = [answer for connection in connections for answer in connection.answers]
    times = sorted(took for at, took in answers if began <= at <= ended)
    if not times:
        raise SystemExit(f"{plan.url} gave no answer in {plan.seconds:g} s")
    return Measured(
        answered=len(answers),
        failed=sum(connection.failed for connection in connections),
        rate=len(times) / (ended - began),
        p50=times[len(times) // 2] * 1000,
        p99=times[int(len(times) * 0.99)] * 1000,
    )


def main() -> None:
    """Carry out the plan in the file that is named, and print what was measured."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    if plan.core is not None:
        os.sched_setaffinity(0, {plan.core})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(_measure(plan))))


if __name__ == "__main__":
    main()
