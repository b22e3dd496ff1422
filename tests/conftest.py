"""What tests of all kinds share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from matchcast.local.broker import Broker


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real matches that MATCHCAST_TEST_DATA names."""
    named = os.environ.get("MATCHCAST_TEST_DATA")
    if not named:
        pytest.skip("MATCHCAST_TEST_DATA names no folder of real matches")
    return Path(named)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker for the tests of one worker: use topics of your own, and leave it running."""
    with Broker.running(tmp_path_factory.mktemp("kafka"), heap="384m") as broker:
        yield broker


@pytest.fixture
def start_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Broker]]:
    """Start brokers of a test's own, which it may kill, stop and start again."""
    with ExitStack() as brokers:
        yield lambda: brokers.enter_context(Broker.running(tmp_path_factory.mktemp("kafka"), heap="384m"))
