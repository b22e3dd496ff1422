"""What systemd hears of a process that it started: that it is ready, and that it still lives."""

from __future__ import annotations

import contextlib
import os
import socket

NOTIFY_SOCKET = "NOTIFY_SOCKET"


class ServiceManager:
    """The one that started this process and waits for its word; without one, nothing is said.

    Args:
        address: Of its socket, as NOTIFY_SOCKET has it (a path, or a name after an @); None: there is none.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._knows_ready = False

    @classmethod
    def of_this_process(cls) -> ServiceManager:
        """Take the address out of the environment: gunicorn would say "ready" before any worker is."""
        return cls(os.environ.pop(NOTIFY_SOCKET, None))

    def hear(self) -> None:
        """Tell that the process does its work: the first time that it is ready, then that it is alive."""
        self._tell("WATCHDOG=1" if self._knows_ready else "READY=1")
        self._knows_ready = True

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        # A word that does not arrive is followed by the next, and by a restart when none arrives.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(state.encode(), address)
