"""What can go wrong with a model or with the history that it is made from."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class DamagedModel(MatchcastError):
    """A model file that cannot be read, was altered, or holds values that no fit could give."""


class BrokenContract(MatchcastError):
    """A model that breaks what every forecaster must hold: `check_forecaster` says what."""


class ModelNotWritten(MatchcastError):
    """A place that a model cannot be written to."""


class UnusableHistory(MatchcastError):
    """A folder of matches that is missing, broken, or too small for what was asked."""


class PageNotWritten(MatchcastError):
    """A place that the page of an evaluation cannot be written to."""


class NotInRegistry(MatchcastError):
    """A model that the registry does not have, or a champion before the first."""


class ChangeOvertaken(MatchcastError):
    """A change of the registry without effect: somebody else was quicker."""


class DamagedDriftReport(MatchcastError):
    """Bytes that are no report of drift."""
