"""One process of the system: how it is started, and when it is ready."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from matchcast.local.ports import LOOPBACK

PROBE_SECONDS = 2.0

Report = Callable[[str], None]
"""Called with what a part's preparation is doing, in a few words."""


@dataclass(frozen=True)
class Part:
    """One process of the system.

    `prepare` runs in a thread before the process is started; `ready` is asked, also in a thread,
    until it says yes; `needs` names the parts that must be ready before this one is started, `after`
    those that must have been started.

    Parts of one `service` are shown as one when all are ready. The system's start does not wait for a
    service, and goes on without one that cannot be started.
    """

    name: str
    address: str
    command: Callable[[], list[str]]
    ready: Callable[[], bool]
    environment: Mapping[str, str]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    prepare: Callable[[Report], None] | None = None
    patience: float = 15.0
    note: str = ""
    hint: str = ""
    service: str = ""


def get_json(url: str) -> Any:
    """Return the JSON of a 200 answer ({} when it is no JSON), or None for any other outcome."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or LOOPBACK, where.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", where.path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return {}
