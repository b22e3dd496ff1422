"""How often one visitor may try: a bucket of tries for each address, which fills again by itself."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable


def network_of(address: str | None) -> str:
    """Return what counts as one visitor: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class TryLimit:
    """Lets each visitor try ``burst`` times at once and then once every ``seconds``.

    No visitor can use up another's tries, and nobody is shut out for longer than ``seconds``.
    At most ``visitors`` are remembered; the one that was quiet longest is forgotten first.
    """

    def __init__(
        self, burst: int, seconds: float, visitors: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._seconds = seconds
        self._visitors = visitors
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, visitor: str) -> int:
        """Use one try; return 0, or the whole seconds to wait when there is none left."""
        now = self._clock()
        left, at = self._buckets.pop(visitor, (float(self._burst), now))
        left = min(self._burst, left + (now - at) / self._seconds)
        allowed = left >= 1
        self._buckets[visitor] = (left - 1 if allowed else left, now)
        while len(self._buckets) > self._visitors:
            self._buckets.popitem(last=False)
        return 0 if allowed else math.ceil((1 - left) * self._seconds)

    def forgive(self, visitor: str) -> None:
        """Give a visitor all tries back."""
        self._buckets.pop(visitor, None)
