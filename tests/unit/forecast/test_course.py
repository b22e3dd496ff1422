"""Where the clock stands on the course of a match."""

from __future__ import annotations

import pytest

from matchcast.forecast.course import EXTRA_TIME, NORMAL_TIME, SECOND_HALF_STOPPAGE, Course


@pytest.mark.parametrize(
    ("course", "part", "minutes"), [(NORMAL_TIME, 0, 60), (NORMAL_TIME, 1, 110), (EXTRA_TIME, 1, 130)]
)
def test_the_clock_only_moves_forward_and_never_past_the_part(
    course: Course, part: int, minutes: int
) -> None:
    found = [course.position(part, tenth / 10) for tenth in range(10 * minutes)]
    assert found == sorted(found)
    assert found[0] == course.parts[part].first_step
    assert found[-1] < course.parts[part].first_step + course.parts[part].steps


def test_a_half_begins_where_the_one_before_ends() -> None:
    first, second = NORMAL_TIME.parts
    assert first.first_step + first.steps == second.first_step
    assert second.first_step + second.steps == NORMAL_TIME.steps
    assert EXTRA_TIME.parts[1].first_step + EXTRA_TIME.parts[1].steps == EXTRA_TIME.steps


def test_expected_stoppage_shrinks_but_is_never_over() -> None:
    remaining = [SECOND_HALF_STOPPAGE.remaining(minute) for minute in range(60)]
    assert remaining == sorted(remaining, reverse=True)
    assert remaining[0] == pytest.approx(3.7, abs=0.1)
    assert remaining[4] == pytest.approx(1.1, abs=0.2)
    assert remaining[-1] > 0.0
