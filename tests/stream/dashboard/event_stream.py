"""A client of server-sent events, as strict as a browser's and with a limit to its patience."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import requests

PATIENCE = 20.0


class Message(NamedTuple):
    """A message of a stream."""

    name: str
    data: Any
    id: str | None


class EventStream:
    """An open stream; `last_id` is what a browser would come back with."""

    def __init__(self, url: str, last_event_id: str | None = None) -> None:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        self.response = requests.get(url, headers=headers, stream=True, timeout=PATIENCE)
        self.last_id: str | None = None
        self.retry: int | None = None
        self._chunks = self.response.iter_content(None)
        self._buffer = b""

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.response.close()

    def next(self) -> Message:
        """Return the next message; raise StopIteration when the stream has ended."""
        while True:
            while b"\n\n" not in self._buffer:
                self._buffer += next(self._chunks)
            block, self._buffer = self._buffer.split(b"\n\n", 1)
            fields = dict(line.split(": ", 1) for line in block.decode().splitlines())
            if "retry" in fields:
                self.retry = int(fields["retry"])
            if "id" in fields:
                self.last_id = fields["id"]
            if "data" in fields:
                return Message(fields["event"], json.loads(fields["data"]), fields.get("id"))

    def until(self, wanted: Callable[[Message], Any], within: float = PATIENCE) -> Message:
        """Return the first message that is wanted."""
        deadline = time.monotonic() + within
        seen = []
        while time.monotonic() < deadline:
            message = self.next()
            if wanted(message):
                return message
            seen.append((message.name, str(message.data)[:200]))
        raise AssertionError(f"not within {within:g} s; came instead: {seen[-5:]}")
