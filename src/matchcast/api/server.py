"""gunicorn as the API runs it: uvicorn workers on a socket that is bound before anything else starts."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import socket
import tempfile
from http import HTTPStatus
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker

from matchcast.api.errors import CannotListen
from matchcast.api.problems import MEDIA_TYPE, Problem, render
from matchcast.settings import Settings

log = logging.getLogger(__name__)

BACKLOG = 2048
"""Connections that wait to be accepted; uvicorn's own default, which gunicorn's ASGI worker drops to 100."""

GRACEFUL_SECONDS = 20
"""How long requests under way may take once the server is asked to stop."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than nginx keeps its own (60), so that nginx closes first."""

INTERRUPTED = 130


class ProcessLog(Logger):  # type: ignore[misc]
    """gunicorn's logger, writing where the process logs; of its own news only warnings and worse."""

    def setup(self, cfg: Any) -> None:
        """Take the handlers of the root logger; uvicorn's worker takes them from here."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers[:] = logging.getLogger().handlers
            logger.setLevel(logging.WARNING)


class Protocol(HttpToolsProtocol):
    """HTTP/1.1, with a problem for what is no HTTP at all."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer a request that cannot be parsed, and close the connection."""
        body = render(Problem(HTTPStatus.BAD_REQUEST, "The request is not valid HTTP/1.1."), "")
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


class Worker(UvicornWorker):  # type: ignore[misc]
    """An event loop that serves the app."""

    CONFIG_KWARGS = {  # noqa: RUF012
        "loop": "uvloop",
        "http": Protocol,
        "ws": "none",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
    }


class _Arbiter(Arbiter):  # type: ignore[misc]
    interrupted = False

    def handle_int(self) -> None:
        self.interrupted = True
        raise StopIteration


class ApiServer(BaseApplication):  # type: ignore[misc]
    """Serves the API on a socket that is already bound."""

    def __init__(self, listener: socket.socket, settings: Settings) -> None:
        self._host, self._port = listener.getsockname()[:2]
        self._listener = listener
        self._settings = settings
        self._metrics_dir: str | None = None
        super().__init__()

    def load_config(self) -> None:
        """Set what this server needs of gunicorn's options; its own variables and files are not read."""
        options = {
            "bind": f"fd://{self._listener.detach()}",
            "workers": self._settings.api_workers,
            "worker_class": Worker,
            "backlog": BACKLOG,
            "timeout": 60,
            "graceful_timeout": GRACEFUL_SECONDS,
            "keepalive": KEEP_ALIVE_SECONDS,
            "logger_class": ProcessLog,
            "control_socket_disable": True,
            "proc_name": "matchcast api",
            "when_ready": self._announce,
            "child_exit": self._forget,
            "on_exit": self._clean_up,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> ASGIApp:
        """Make the app, in the worker."""
        from matchcast.api.app import create_app
        from matchcast.api.current import CurrentModel
        from matchcast.api.metrics import Metrics
        from matchcast.api.watch import ModelWatcher
        from matchcast.forecast.model_cache import ModelCache
        from matchcast.stream.topics import Topics

        settings, model = self._settings, CurrentModel(Metrics())
        watcher = None
        if settings.model is not None:
            model.load(settings.model)
        else:
            cache = ModelCache(settings.state_dir / "models")
            model.load_kept(cache)
            watcher = ModelWatcher(model, settings.kafka_broker, Topics().models, cache)
        app = create_app(model, watcher)
        gc.collect()
        gc.freeze()  # what was made so far stays: a collection amid requests need not walk it
        return app

    def run(self) -> None:
        """Serve until a signal says stop."""
        if self._settings.api_workers > 1:
            self._metrics_dir = tempfile.mkdtemp(prefix="matchcast-api-")
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = self._metrics_dir
        arbiter = _Arbiter(self)
        try:
            arbiter.run()
        except SystemExit as end:
            raise SystemExit(INTERRUPTED if arbiter.interrupted else end.code) from None

    def _announce(self, _: Arbiter) -> None:
        host = f"[{self._host}]" if ":" in self._host else self._host
        log.info(
            "model API listens", extra={"address": f"http://{host}:{self._port}", "workers": self.cfg.workers}
        )

    def _forget(self, _: Arbiter, worker: Worker) -> None:
        if self._metrics_dir is not None:
            from prometheus_client.multiprocess import mark_process_dead

            mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]

    def _clean_up(self, _: Arbiter) -> None:
        if self._metrics_dir is not None:
            shutil.rmtree(self._metrics_dir, ignore_errors=True)
        log.info("model API stopped")


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; port 0 takes a free one.

    Raises:
        CannotListen: something else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(
            f"The model API cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}.",
            hint="stop what listens there, or choose another port with --port or MATCHCAST_API_PORT",
        ) from error
