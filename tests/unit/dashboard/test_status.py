"""A lamp says what is known, why and since when; what is not known is never shown as online."""

from __future__ import annotations

from matchcast.dashboard.status import SLOT_SECONDS, SLOTS, STALE_SECONDS, Component, Reading, worst


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def make_component() -> tuple[Component, Clock]:
    clock = Clock()
    return Component("kafka", clock), clock


def test_what_nobody_has_looked_at_is_unknown() -> None:
    component, _ = make_component()
    assert component.as_json()["state"] == "unknown"
    assert component.history() == "u" * SLOTS


def test_since_is_the_time_of_the_last_change_not_of_the_last_look() -> None:
    component, clock = make_component()
    component.observe(Reading("offline", "No answer."))
    since = component.as_json()["since"]
    clock.now += 5
    assert component.observe(Reading("offline", "Still no answer.")) is False
    assert component.as_json()["since"] == since
    clock.now += 5
    assert component.observe(Reading("online", "Answers.")) is True
    assert component.as_json()["since"] != since


def test_the_last_success_stays_while_a_component_is_down() -> None:
    component, clock = make_component()
    component.observe(Reading("online", "Answers."))
    success = component.as_json()["last_success"]
    clock.now += 20
    component.observe(Reading("offline", "No answer."))
    assert component.as_json()["last_success"] == success


def test_an_old_reading_is_unknown_rather_than_online() -> None:
    component, clock = make_component()
    component.observe(Reading("online", "Answers."))
    clock.now += STALE_SECONDS + 1
    assert component.current().state == "unknown"


def test_a_minute_of_the_history_shows_its_worst_moment() -> None:
    component, clock = make_component()
    component.observe(Reading("online", "Answers."))
    component.observe(Reading("offline", "No answer."))
    component.observe(Reading("online", "Answers."))
    assert component.history()[-1] == "x"
    clock.now += SLOT_SECONDS
    component.observe(Reading("online", "Answers."))
    assert component.history()[-2:] == "xo"


def test_the_history_is_an_hour_long_and_has_gaps_where_nobody_looked() -> None:
    component, clock = make_component()
    component.observe(Reading("online", "Answers."))
    clock.now += 3 * SLOT_SECONDS
    component.observe(Reading("warning", "Slow."))
    assert component.history()[-4:] == "ouuw"
    clock.now += SLOTS * SLOT_SECONDS
    assert component.history() == "u" * SLOTS


def test_the_overall_state_is_the_worst_and_unknown_is_worse_than_online() -> None:
    assert worst(["online", "unknown"]) == "unknown"
    assert worst(["warning", "unknown", "online"]) == "warning"
    assert worst(["offline", "warning"]) == "offline"
    assert worst([]) == "unknown"
