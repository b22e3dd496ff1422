"""What both servers want of gunicorn: its log in that of the process, word to systemd, 130 after Ctrl-C."""

from __future__ import annotations

import errno
import logging
import sys
import time
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from matchcast.serving.notification import ServiceManager

INTERRUPTED = 130

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than nginx keeps its own (60), so that nginx closes first."""

_CLIENT_GONE = {
    errno.ETIMEDOUT,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ECONNABORTED,
}
"""How a connection ends whose client vanished, or that was hung up because it took nothing."""


class ProcessLog(Logger):  # type: ignore[misc]
    """gunicorn's logger, writing where the process logs; of its own news only warnings and worse."""

    def setup(self, cfg: Any) -> None:
        """Take the handlers of the root logger; uvicorn's worker takes them from here."""
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers[:] = logging.getLogger().handlers
            logger.setLevel(logging.WARNING)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log an error with its traceback; a client that is gone is none: gunicorn knows a few of its ways."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError) and error.errno in _CLIENT_GONE:
            self.error_log.debug("a client is gone: %s", error)
        else:
            super().exception(msg, *args, **kwargs)


class InterruptibleArbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's parent process: tells systemd of itself; after Ctrl-C it ends with 130, as a shell expects."""

    interrupted = False

    def __init__(self, app: Any) -> None:
        self._service_manager = ServiceManager.of_this_process()
        super().__init__(app)

    def murder_workers(self) -> None:
        """End workers whose heart has stopped; tell systemd, each second, that another's beats."""
        super().murder_workers()
        # Until a worker serves, its heartbeat has the time of day, which is ahead of this clock.
        now = time.monotonic()
        if any(0 <= now - worker.tmp.last_update() <= self.timeout for worker in self.WORKERS.values()):
            self._service_manager.hear()

    def handle_int(self) -> None:
        """End the workers and then this process."""
        self.interrupted = True
        raise StopIteration

    def run(self) -> None:
        """Watch over the workers until a signal says stop."""
        try:
            super().run()
        except SystemExit as end:
            raise SystemExit(INTERRUPTED if self.interrupted else end.code) from None
