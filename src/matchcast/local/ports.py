"""TCP ports of this machine: which are free, and who has the others."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass

import psutil

from matchcast.errors import MatchcastError

LOOPBACK = "127.0.0.1"


class PortTaken(MatchcastError):
    """A port that is needed belongs to another process."""


@dataclass(frozen=True)
class Holder:
    """The process that listens on a port, as far as this user may know."""

    pid: int
    name: str
    group: int

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether `host:port` can be bound now."""
    with socket.socket() as probe:
        if os.name == "posix":  # as every server does: a port in TIME_WAIT is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def holder_of(port: int) -> Holder | None:
    """Return who listens on `port`, or None when that is not for this user to see."""
    for process in psutil.process_iter(["pid", "name"]):
        try:
            listens = any(
                connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
                for connection in process.net_connections("tcp")
            )
            if listens:
                name = process.info["name"] or "a process"
                return Holder(process.pid, name, os.getpgid(process.pid))
        except (psutil.Error, ProcessLookupError):
            continue
    return None


def require_free(port: int, whose: str) -> None:
    """Make sure that `port` can be bound for the part named `whose`.

    Raises:
        PortTaken: it cannot; the message names who has it.
    """
    if not is_free(port):
        holder = holder_of(port)
        raise PortTaken(
            f"Port {port}, which {whose} needs, is taken by {holder or 'a process of another user'}.",
            hint=f"end {holder}, or set another port" if holder else "set another port",
        )
