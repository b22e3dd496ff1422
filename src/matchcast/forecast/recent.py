"""A bounded memory of what was made lately."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps the `most` values used last. Threads may share it: at worst two make the same value."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value of a key, if it is still kept."""
        value = self._values.get(key)
        if value is not None:
            with suppress(KeyError):  # another thread may have dropped it since
                self._values.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value and drop the one that was used longest ago; gives the value back."""
        self._values[key] = value
        while len(self._values) > self._most:
            with suppress(KeyError):  # another thread may have emptied it
                self._values.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._values)
