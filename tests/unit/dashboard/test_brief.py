"""An answer is asked for once for all who want it, whether it comes or not."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from matchcast.dashboard.brief import BriefAnswer
from matchcast.dashboard.problems import Problem


class Source:
    """Answers with how often it was asked, or with a problem while it is down; `now` is its clock."""

    def __init__(self) -> None:
        self.asked = 0
        self.now = 0.0
        self.down = False
        self.while_asked: Callable[[], object] = lambda: None

    def ask(self) -> int:
        self.asked += 1
        self.while_asked()
        if self.down:
            raise Problem(503, f"down, time {self.asked}")
        return self.asked


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def answer(source: Source) -> BriefAnswer[int]:
    return BriefAnswer(source.ask, 2.0, clock=lambda: source.now)


def test_it_holds_for_its_seconds(source: Source, answer: BriefAnswer[int]) -> None:
    assert (answer.get(), answer.get()) == (1, 1)
    source.now = 1.9
    assert answer.get() == 1
    source.now = 2.0
    assert answer.get() == 2


def test_a_problem_holds_as_long_so_that_a_part_that_is_down_is_not_asked_by_each_visitor(
    source: Source, answer: BriefAnswer[int]
) -> None:
    source.down = True
    for _ in range(3):
        with pytest.raises(Problem, match="down, time 1"):
            answer.get()
    source.down, source.now = False, 2.0
    assert answer.get() == 2


def test_a_problem_that_many_are_told_does_not_grow_by_each_of_them(
    source: Source, answer: BriefAnswer[int]
) -> None:
    source.down = True
    with pytest.raises(Problem):
        answer.get()
    lengths = []
    for _ in range(5):
        with pytest.raises(Problem) as caught:
            answer.get()
        lengths.append(len(list(traceback.walk_tb(caught.value.__traceback__))))
    assert lengths[-1] == lengths[0]


def test_who_comes_while_it_is_asked_for_waits_for_the_same_answer(
    source: Source, answer: BriefAnswer[int]
) -> None:
    come = threading.Barrier(2)
    source.while_asked = lambda: come.wait(30)
    with ThreadPoolExecutor(8) as visitors:
        answers = [visitors.submit(answer.get) for _ in range(8)]
        come.wait(30)
        assert [one.result(30) for one in answers] == [1] * 8


def test_what_expires_it_while_it_is_asked_for_has_it_asked_for_again(
    source: Source, answer: BriefAnswer[int]
) -> None:
    source.while_asked = answer.expire
    answer.get()
    source.while_asked = lambda: None
    assert (answer.get(), answer.get()) == (2, 2)
