"""The socket that a server listens on, bound before anything else starts."""

from __future__ import annotations

import os
import socket

from matchcast.errors import MatchcastError

BACKLOG = 2048
"""Connections that wait to be accepted."""


class CannotListen(MatchcastError):
    """The address to serve on cannot be had."""


def bind(name: str, host: str, port: int, setting: str) -> socket.socket:
    """Return a socket that listens on an address; port 0 takes a free one.

    Args:
        name: What is to listen, as the start of a sentence: "The dashboard".
        host: Name or address, IPv4 or IPv6.
        port: 0 to 65535.
        setting: The variable that chooses another port.

    Raises:
        CannotListen: something else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        # A host name that nobody knows has a number of its own, which os.strerror does not know.
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise CannotListen(
            f"{name} cannot listen on {host}:{port}: {reason}.",
            hint=f"stop what listens there, or choose another port with --port or {setting}",
        ) from error
