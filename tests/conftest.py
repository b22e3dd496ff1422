"""What tests of all kinds share."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from matchcast.local.broker import Broker

NO_SKIP = os.environ.get("MATCHCAST_TEST_NO_SKIP") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that would be skipped, where MATCHCAST_TEST_NO_SKIP says that all must run."""
    report = yield
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"no test may be skipped here: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a file that would be skipped as a whole, likewise."""
    report = yield
    if NO_SKIP and report.skipped:
        report.outcome, report.longrepr = "failed", f"no file may be skipped here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of real matches that MATCHCAST_TEST_DATA names, such as `make test-data` fetches."""
    named = os.environ.get("MATCHCAST_TEST_DATA")
    if not named:
        pytest.skip("MATCHCAST_TEST_DATA names no folder of real matches")
    return Path(named)


@pytest.fixture(scope="session")
def real_data(open_data: Path) -> Path:
    """The same, where it is the set that the documentation's figures are of: with event files and samples of origins."""
    if not (open_data / "figures.json").exists():
        pytest.skip("MATCHCAST_TEST_DATA names open data as fetched, not the set that the figures are of")
    return open_data


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
