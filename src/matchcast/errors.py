"""The root of every error that a user may see: what is wrong, and what to do."""

from __future__ import annotations


class MatchcastError(Exception):
    """A failure with a cause that a user can act on.

    Args:
        message: One sentence that says what is wrong.
        hint: One sentence that says what to do; shown after ``Try:``.

    Attributes:
        exit_code: what a process that fails so ends with.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidSetting(MatchcastError):
    """A setting has a value that cannot be used."""
