"""What can go wrong when the dashboard starts."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class AddressTaken(MatchcastError):
    """The address to serve on cannot be bound."""
