"""Dead letters that Kafka has not confirmed: they hold the checkpoint back, and reading when they pile up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from matchcast.live import letters as module
from matchcast.live.letters import Letters
from matchcast.live.tracker import Broken
from matchcast.stream.writer import EventWriter

NOBODY = "127.0.0.1:1"


@pytest.fixture
def letters() -> Letters:
    return Letters(EventWriter(NOBODY, delivery_timeout_s=0.2), "events.dead_letter")


def test_a_checkpoint_does_not_pass_a_record_whose_letter_is_not_confirmed(
    letters: Letters, log: Any
) -> None:
    for _ in range(5):
        log.put(b"{")
    letters.put([Broken(log.put(b"{"), "cut"), Broken(log.put(b"{"), "cut")])
    assert letters.safe({0: 40, 1: 7}) == {0: 5, 1: 7}


def test_a_letter_that_was_refused_is_written_again(
    letters: Letters, log: Any, eventually: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    letters.put([Broken(log.put(b"{"), "cut")])

    def refused_twice() -> bool:
        letters.poll(0.05)
        return caplog.text.count("a dead letter was refused: no broker") == 2

    eventually(refused_twice)
    assert letters.waiting == 1


def test_reading_pauses_when_letters_pile_up(
    letters: Letters, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.put(Broken(log.put(b"x" * 30), "binary") for _ in range(10))
    assert not letters.full
    monkeypatch.setattr(module, "MOST_WAITING_BYTES", 300)
    assert letters.full
    letters.forget()
    assert not letters.full
    assert letters.safe({0: 40}) == {0: 40}


def test_the_same_record_waits_once(letters: Letters, log: Any) -> None:
    broken = Broken(log.put(b"{"), "cut")
    letters.put([broken])
    letters.put([broken])
    assert letters.waiting == 1
