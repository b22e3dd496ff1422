"""Who tries too often waits a little, and nobody else does."""

from __future__ import annotations

from matchcast.dashboard.limits import TryLimit, network_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_visitor_may_try_a_few_times_at_once_and_then_waits() -> None:
    limit = TryLimit(burst=3, seconds=10, clock=Clock())
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 10]


def test_a_visitor_who_keeps_trying_is_never_shut_out_for_longer() -> None:
    clock = Clock()
    limit = TryLimit(burst=1, seconds=10, clock=clock)
    limit.take("a")
    for _ in range(50):
        assert 0 < limit.take("a") <= 10
    clock.now = 10
    assert limit.take("a") == 0


def test_one_visitor_does_not_use_up_the_tries_of_another() -> None:
    limit = TryLimit(burst=1, seconds=10, clock=Clock())
    limit.take("a")
    assert limit.take("a") > 0
    assert limit.take("b") == 0


def test_a_success_gives_all_tries_back() -> None:
    limit = TryLimit(burst=2, seconds=10, clock=Clock())
    limit.take("a")
    limit.take("a")
    limit.forgive("a")
    assert limit.take("a") == 0


def test_the_number_of_remembered_visitors_is_bounded() -> None:
    limit = TryLimit(burst=1, seconds=10, visitors=100, clock=Clock())
    for number in range(1000):
        limit.take(str(number))
    assert limit.take("999") > 0
    assert limit.take("0") == 0


def test_an_ipv6_visitor_is_its_network_since_it_can_choose_the_rest() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::2")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of(None) == "unknown"
