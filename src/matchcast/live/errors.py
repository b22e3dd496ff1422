"""What can go wrong between this process and the model API."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class ForecastUnavailable(MatchcastError):
    """The model API does not answer, or cannot forecast at present.

    Attributes:
        reason: what happened, as a clause.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The model API at {url} gives no forecast: {reason}.",
            hint="start it with `matchcast api`, or set MATCHCAST_API_URL to where it is",
        )
        self.reason = reason


class ForecastRejected(MatchcastError):
    """The model API answered that it cannot forecast what it was asked about.

    Attributes:
        reason: what it said.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"The model API refuses the match: {reason}")
        self.reason = reason
