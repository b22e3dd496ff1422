"""What can keep a producer from playing."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class AlreadyPlayed(MatchcastError):
    """A match that another living producer plays, or that was played to its end under that id."""


class TakenOver(MatchcastError):
    """Another producer went on with this one's matches while it could not be heard."""


class InvalidSchedule(MatchcastError):
    """A timetable that cannot be read."""
