"""When a producer counts as gone."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from matchcast.produce.heartbeat import Heartbeat, decode, encode, host_name, is_running, iso_now

NOW_MS = 1_800_000_000_000


def a_beat(**fields: Any) -> Heartbeat:
    common = {"producer_id": "p", "host": "elsewhere", "pid": 1, "started_at": iso_now(), "at": iso_now()}
    return Heartbeat(**{**common, "state": "running", **fields})


@pytest.mark.parametrize(("age_seconds", "alive"), [(0, True), (5.9, True), (6.1, False), (-30, True)])
def test_a_producer_is_gone_when_it_was_not_heard_for_six_seconds(age_seconds: float, alive: bool) -> None:
    assert a_beat().is_alive(int(NOW_MS - age_seconds * 1000), NOW_MS) is alive


def test_one_that_said_goodbye_is_gone_at_once() -> None:
    assert not a_beat(state="stopped").is_alive(NOW_MS, NOW_MS)


def test_one_of_this_host_is_gone_as_soon_as_its_process_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        beat = a_beat(host=host_name(), pid=process.pid)
        assert beat.is_alive(NOW_MS, NOW_MS)
        process.communicate(b"\n")
    assert not beat.is_alive(NOW_MS, NOW_MS)


def test_a_later_process_that_got_the_same_number_is_not_taken_for_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not is_running(process.pid, "2001-01-01T00:00:00+00:00")
        assert is_running(process.pid, iso_now())
        process.communicate(b"\n")


def test_this_process_runs() -> None:
    assert is_running(os.getpid(), iso_now())


def test_a_heartbeat_survives_its_journey_and_junk_is_none() -> None:
    beat = a_beat(matches=["a_b"], leads=True, requests_offset=3)
    assert decode(encode(beat)) == beat
    assert decode(b"junk") is None
    assert decode(b"{}") is None
    assert decode(b"\xff") is None
