"""gunicorn as the dashboard runs it: one gevent worker that stops its streams before itself.

Nothing here may import what opens sockets or starts threads: the worker patches the standard
library for gevent when it starts, and loads the app after that.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import signal
import socket
from http import HTTPStatus
from types import FrameType
from typing import TYPE_CHECKING, Any

import gevent
from gevent.threadpool import ThreadPoolExecutor
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

from matchcast.errors import MatchcastError
from matchcast.serving.gunicorn import KEEP_ALIVE_SECONDS, InterruptibleArbiter, ProcessLog
from matchcast.serving.listener import BACKLOG
from matchcast.settings import Settings

if TYPE_CHECKING:
    from matchcast.dashboard.runtime import Runtime

log = logging.getLogger(__name__)

GRACEFUL_SECONDS = 10
SPARE_CONNECTIONS = 400
"""Connections beyond the open streams: for the page, the polling routes and the health checks."""

SPARE_FILES = 256
"""Open files beyond the connections: Kafka's, checkpoints, the modules'."""

_UNREADABLE = {LimitRequestLine: 414, LimitRequestHeaders: 431}


class StreamWorker(GeventWorker):  # type: ignore[misc]
    """A gevent worker that ends its event streams when asked to stop, and closes the app at the end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle: set[socket.socket] = set()

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        """Serve a connection, knowing when it waits for another request."""
        self._idle.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._idle.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> None:
        """Answer a request; after it the connection ends if the worker is stopping."""
        self._idle.discard(sock)
        super().handle_request(listener_name, req, sock, addr)
        if not self.alive:
            raise StopIteration
        self._idle.add(sock)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what cannot be read as a request with a problem."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        from matchcast.dashboard.problems import MEDIA_TYPE, Problem, encode_problem

        status = next((code for kind, code in _UNREADABLE.items() if isinstance(exc, kind)), 400)
        body = encode_problem(Problem(status, f"The request cannot be read: {exc}."), "")
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            client.sendall(head.encode() + body)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: take no new connection, end the streams, answer what is under way."""
        super().handle_exit(sig, frame)
        gevent.spawn(self._drain)

    def _drain(self) -> None:
        self.app.drain()
        # A kept connection would hold up the stop; a request that is already in it is still read.
        for client in list(self._idle):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RD)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on Ctrl-C as on a request to stop; a second one ends the process at once."""
        if not self.alive and sig == signal.SIGQUIT:
            super().handle_quit(sig, frame)
        else:
            self.handle_exit(sig, frame)

    def run(self) -> None:
        """Serve until stopped, then write the last checkpoint."""
        try:
            super().run()
        finally:
            self.app.close()


class DashboardServer(BaseApplication):  # type: ignore[misc]
    """Serves the dashboard on a socket that is already bound."""

    def __init__(self, listener: socket.socket, settings: Settings) -> None:
        self._listener = listener
        self._settings = settings
        self._runtime: Runtime | None = None
        super().__init__()

    def load_config(self) -> None:
        """Set what this server needs of gunicorn's options; its own variables and files are not read."""
        options = {
            "bind": f"fd://{self._listener.detach()}",
            "workers": 1,
            "worker_class": StreamWorker,
            "worker_connections": self._settings.max_streams + SPARE_CONNECTIONS,
            "backlog": BACKLOG,
            "timeout": 60,
            "graceful_timeout": GRACEFUL_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "logger_class": ProcessLog,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "limit_request_line": 4094,
            "proc_name": "matchcast dashboard",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Start the runtime in the worker and return its WSGI app."""
        from matchcast.dashboard.runtime import NATIVE_THREADS, Runtime

        # What fails in a native thread is raised where its result is awaited; gevent need not print it too.
        hub = gevent.get_hub()
        hub.NOT_ERROR = (*hub.NOT_ERROR, MatchcastError)
        self._runtime = Runtime(self._settings, ThreadPoolExecutor(NATIVE_THREADS))
        self._runtime.start()
        return self._runtime.app

    def drain(self) -> None:
        """End the event streams."""
        if self._runtime is not None:
            self._runtime.drain()

    def close(self) -> None:
        """Stop all that the runtime does."""
        if self._runtime is not None:
            self._runtime.close()

    def run(self) -> None:
        """Serve until a signal says stop."""
        _allow_open_files(self.cfg.worker_connections + SPARE_FILES)
        InterruptibleArbiter(self).run()


def _allow_open_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning("only %d files may be open, %d are wanted: not all streams will open", allowed, wanted)
