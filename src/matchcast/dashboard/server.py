"""gunicorn as the dashboard runs it: one gevent worker that stops its streams before itself.

Nothing here may import what opens sockets or starts threads: the worker patches the standard
library for gevent when it starts, and loads the app after that.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import resource
import signal
import socket
import sys
from http import HTTPStatus
from types import FrameType
from typing import TYPE_CHECKING, Any

import gevent
from gevent.threadpool import ThreadPoolExecutor
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

from matchcast.dashboard.errors import AddressTaken
from matchcast.errors import MatchcastError
from matchcast.settings import Settings

if TYPE_CHECKING:
    from matchcast.dashboard.runtime import Runtime

log = logging.getLogger(__name__)

GRACEFUL_SECONDS = 10
SPARE_CONNECTIONS = 400
"""Connections beyond the open streams: for the page, the polling routes and the health checks."""

SPARE_FILES = 256
"""Open files beyond the connections: Kafka's, checkpoints, the modules'."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than nginx keeps its own (60), so that nginx closes first."""

BACKLOG = 2048
INTERRUPTED = 130

_CLIENT_GONE = {
    errno.ETIMEDOUT,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ECONNABORTED,
}
"""How a connection ends whose client vanished, or that was hung up because it took nothing."""

_UNREADABLE = {LimitRequestLine: 414, LimitRequestHeaders: 431}


class RootLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger, sending its records to the log of the process."""

    def setup(self, cfg: Any) -> None:
        """Leave handlers, format and level to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.NOTSET)
        self.access_log.handlers.clear()
        self.access_log.propagate = False

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log an error with its traceback; a client that is gone is none: gunicorn knows a few of its ways."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError) and error.errno in _CLIENT_GONE:
            self.error_log.debug("a client is gone: %s", error)
        else:
            super().exception(msg, *args, **kwargs)


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


class _Arbiter(Arbiter):  # type: ignore[misc]
    def handle_int(self) -> None:
        raise HaltServer("interrupted", INTERRUPTED)


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
            "logger_class": RootLogger,
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
        _Arbiter(self).run()


def _allow_open_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning("only %d files may be open, %d are wanted: not all streams will open", allowed, wanted)


def bind(host: str, port: int) -> socket.socket:
    """Bind the address to serve on and listen there.

    Raises:
        AddressTaken: something else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressTaken(
            f"The dashboard cannot listen on {host}:{port}: {error.strerror}.",
            hint="stop what listens there, or set MATCHCAST_DASHBOARD_PORT to another port",
        ) from error
    return listener
