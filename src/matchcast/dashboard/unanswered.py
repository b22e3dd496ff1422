"""Why what the dashboard asked over HTTP was not answered."""

from __future__ import annotations

import urllib3


def why_unanswered(error: Exception, seconds: float) -> str:
    """Return the reason as a clause.

    Args:
        error: What the client raised.
        seconds: How long an answer was waited for.
    """
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "nothing listens there"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"no answer within {seconds:g} s"
    return "the connection broke"
