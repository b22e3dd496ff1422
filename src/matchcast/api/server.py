"""gunicorn as the API runs it: uvicorn workers on a socket that is bound before anything else starts."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import socket
import tempfile
from http import HTTPStatus

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker

from matchcast.api.problems import MEDIA_TYPE, Problem, render
from matchcast.serving.gunicorn import KEEP_ALIVE_SECONDS, InterruptibleArbiter, ProcessLog
from matchcast.serving.listener import BACKLOG
from matchcast.settings import Settings

log = logging.getLogger(__name__)

GRACEFUL_SECONDS = 20
"""How long requests under way may take once the server is asked to stop."""


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
        InterruptibleArbiter(self).run()

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
