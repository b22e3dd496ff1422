"""Log lines: JSON for machines with the fields that were given, text for people."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from matchcast.telemetry import logs


@pytest.fixture(autouse=True)
def _root_logger_is_put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_that_no_terminal_reads_is_json_with_its_fields() -> None:
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    logging.getLogger("matchcast.live").warning("late %s", "event", extra={"match_id": "m", "offset": 7})
    line = json.loads(stream.getvalue())
    assert (line["level"], line["message"], line["match_id"], line["offset"]) == (
        "warning",
        "late event",
        "m",
        7,
    )


def test_a_field_cannot_take_the_place_of_the_time_or_the_level() -> None:
    stream = io.StringIO()
    logs.configure("info", stream=stream)
    logging.getLogger("matchcast").info("late", extra={"at": "events/0/7", "level": "none"})
    line = json.loads(stream.getvalue())
    assert line["at"].startswith("20")
    assert line["level"] == "info"


def test_text_shows_the_fields_and_less_than_the_level_is_left_out() -> None:
    stream = io.StringIO()
    logs.configure("warning", "text", stream=stream)
    logging.getLogger("matchcast").info("not shown")
    try:
        raise ValueError("cause")
    except ValueError:
        logging.getLogger("matchcast").exception("failed", extra={"match_id": "m"})
    assert "not shown" not in stream.getvalue()
    assert "failed match_id=m" in stream.getvalue()
    assert "ValueError: cause" in stream.getvalue()
