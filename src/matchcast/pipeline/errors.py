"""What can go wrong in a step of a pipeline, beside what the rooms below tell."""

from __future__ import annotations

from pathlib import Path

from matchcast.errors import MatchcastError


class StepMissing(MatchcastError):
    """A step needs what an earlier step of its batch makes, and that was not made."""

    def __init__(self, batch: str, step: str) -> None:
        super().__init__(
            f"Batch {batch} has not been through the step {step}.",
            hint=f"run `matchcast pipeline {step} --batch {batch}` first",
        )
        self.step = step


class QualityFailed(MatchcastError):
    """A batch is not as it should be."""

    def __init__(self, batch: str, faults: list[str], report: Path) -> None:
        super().__init__(
            f"Batch {batch} is not as it should be: {'; '.join(faults)}.",
            hint=f"{report} tells all that was checked; its records are kept as they came",
        )
