"""What can keep the API from serving."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class CannotListen(MatchcastError):
    """The address that the API is to serve cannot be had."""
