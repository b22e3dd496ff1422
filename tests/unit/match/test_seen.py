"""Event ids: told apart exactly, in little memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matchcast.match.seen import SeenIds


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.text(min_size=1, max_size=5) | st.integers(0, 200)))
def test_an_id_is_new_exactly_once(ids: list[int | str]) -> None:
    seen, known = SeenIds(), set[int | str]()
    for one in ids:
        assert seen.add(one) == (one not in known)
        known.add(one)
    assert len(seen) == len(known)


def test_a_million_counted_ids_take_a_sixty_fourth_of_their_number_in_entries() -> None:
    seen = SeenIds()
    for number in range(1_000_000):
        seen.add(number)
    assert len(seen.masks) == 1_000_000 // 64
