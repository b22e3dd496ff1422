"""Every step of both pipelines on a disk that is full, and on one that may not be written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.api.conftest import run as run_api
from tests.stream.small_disk import SmallDisk
from tests.stream.test_pipeline_steps import FOOTBALL, NOWHERE, Steps
from tests.stream.test_retraining_steps import CHAMPION, crown
from tests.unit.forecast.conftest import invented

from matchcast.local.broker import Broker
from matchcast.pipeline.observations import read_record
from matchcast.settings import Settings, load
from matchcast.stream.topics import catalogue, ensure_topics

__all__ = ["invented"]

RETRAINING = ("assemble", "train", "evaluate", "gate", "promote", "verify")
WRITE_NO_FILE = ("promote", "verify")
"""These write to Kafka alone; on the disk they take a lock, which is there already and stays empty."""


@pytest.fixture
def settings(start_kafka: Callable[[], Broker]) -> Settings:
    """A broker of the test's own, where a weak model that learned until July 2017 is the champion."""
    settings = load(kafka_broker=start_kafka().bootstrap)
    ensure_topics(settings.kafka_broker, catalogue(settings))
    crown(settings, CHAMPION)
    return settings


@pytest.fixture
def disk(settings: Settings, tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk whose steps ask an API that serves the champion."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk")
    (tmp_path / "history").mkdir()
    (tmp_path / "api").mkdir()
    broker = settings.kafka_broker
    with run_api(tmp_path / "api" / "log", MATCHCAST_KAFKA_BROKER=broker) as api:
        where = ("--kafka-broker", broker, "--api-url", api.url)
        with closing(SmallDisk(tmp_path / "history", *where)) as disk:
            yield disk


def fail_without_room_and_succeed_with_it(disk: SmallDisk, step: str, batch: str) -> dict[str, Any]:
    """Run a step on a full disk, on one that may not be written, and on one that may; return its result."""
    with disk.read_only():
        answers = [disk.run(step, batch)]
    with disk.full():
        full = disk.run(step, batch)
    if step in WRITE_NO_FILE:
        assert full["step"] == step, "what writes no file needs no room"
    else:
        answers.append(full)
    for answer in answers:
        assert "cannot be written: " in answer.get("message", ""), (step, answer)
        assert (answer["exit_code"], bool(answer["hint"])) == (1, True), step
    result = disk.run(step, batch)
    assert (result.get("step"), result.get("batch")) == (step, batch), result
    return result


@pytest.mark.timeout(900)
def test_every_step_that_finds_no_room_or_a_read_only_disk_says_so_and_succeeds_when_it_may_write(
    settings: Settings,
    disk: SmallDisk,
    matches: Callable[..., dict[Any, list[bytes]]],
    invented: Path,
) -> None:
    stream = Steps(settings, f"http://{NOWHERE}", disk.path)
    stream.write(matches(1))
    for step in FOOTBALL:
        fail_without_room_and_succeed_with_it(disk, step, "b1")
    assert read_record(disk.path / "drift/observed/simulated.json").matches[0].match_id == "m0"
    stream.write(matches(1, seed=1))
    assert disk.run("drain", "b2")["events"] > 0
    assert fail_without_room_and_succeed_with_it(disk, "tidy", "b3")["merged"] == 2
    disk.bring(invented)
    for step in RETRAINING:
        result = fail_without_room_and_succeed_with_it(disk, step, "b3")
    assert result["champion"] == disk.run("promote", "b3")["champion"]
