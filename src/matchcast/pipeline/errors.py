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


class ModelNotServed(MatchcastError):
    """The champion is not what every worker of the model API serves."""

    def __init__(self, version: str, reason: str, rolled_back_to: str | None) -> None:
        done = f"; {rolled_back_to} is the champion again" if rolled_back_to else ""
        super().__init__(
            f"{version} is not served everywhere: {reason}{done}.",
            hint="see the API's log for why it refused the model, then run the pipeline anew",
        )


class ChampionChanged(MatchcastError):
    """Somebody made another model the champion while a run judged a challenger against the old one."""

    def __init__(self, judged_against: str, champion: str) -> None:
        super().__init__(
            f"The challenger was judged against {judged_against}, but {champion} is the champion by now.",
            hint="run the pipeline anew: it judges against the new champion",
        )
