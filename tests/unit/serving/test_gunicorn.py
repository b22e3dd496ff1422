"""What the servers log of their connections."""

from __future__ import annotations

import errno
import logging
import os

import pytest
from gunicorn.config import Config

from matchcast.serving.gunicorn import ProcessLog


def logged(error: Exception, caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    logger = ProcessLog(Config())
    caplog.set_level(logging.DEBUG)
    try:
        raise error
    except Exception:
        logger.exception("Socket error processing request.")
    return caplog.records


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH])
def test_a_client_that_vanished_is_no_error_with_a_traceback(
    number: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert logged(OSError(number, os.strerror(number)), caplog) == []


@pytest.mark.parametrize("error", [OSError(errno.EMFILE, "Too many open files"), KeyError("ours")])
def test_any_other_error_of_a_connection_keeps_its_traceback(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    (record,) = logged(error, caplog)
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
