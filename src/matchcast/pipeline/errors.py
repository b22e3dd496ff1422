"""What can go wrong in a step of a pipeline, beside what the rooms below tell."""

from __future__ import annotations

from pathlib import Path

from matchcast.errors import InvalidSetting, MatchcastError
from matchcast.forecast.errors import ChangeOvertaken, DamagedModel, NotInRegistry, UnusableHistory
from matchcast.history.errors import HistoryDamaged, HistoryGap, InvalidBatch, TopicChanged
from matchcast.live.errors import ForecastRejected

LASTING_EXIT = 3
"""Exit code of a step whose failure lasts until somebody has done something: not to be tried again."""


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
    """The champion is not what every worker of every model API serves."""

    def __init__(self, version: str, reason: str, rolled_back_to: str | None) -> None:
        done = f"; {rolled_back_to} is the champion again" if rolled_back_to else ""
        super().__init__(
            f"{version} is not served everywhere: {reason}{done}.",
            hint="see the API's log for why it refused the model, then run the pipeline anew",
        )
        self.rolled_back_to = rolled_back_to


class ChampionChanged(MatchcastError):
    """Somebody made another model the champion while a run judged a challenger against the old one."""

    def __init__(self, judged_against: str, champion: str) -> None:
        super().__init__(
            f"The challenger was judged against {judged_against}, but {champion} is the champion by now.",
            hint="run the pipeline anew: it judges against the new champion",
        )


class ChallengerGone(MatchcastError):
    """The champion is still, or again, the one that the run was to replace."""

    def __init__(self, challenger: str, champion: str) -> None:
        super().__init__(
            f"{challenger} was to be the champion, but {champion} is it: "
            "it was rolled back, or not promoted yet.",
            hint="run the step promote again, or the pipeline anew; `matchcast models list` says what became of it",
        )


_LASTING = (
    ChallengerGone,
    ChampionChanged,
    ChangeOvertaken,
    DamagedModel,
    ForecastRejected,
    HistoryDamaged,
    HistoryGap,
    InvalidBatch,
    InvalidSetting,
    NotInRegistry,
    QualityFailed,
    StepMissing,
    TopicChanged,
    UnusableHistory,
)


def lasts(error: MatchcastError) -> bool:
    """Say whether a step that failed so fails again until somebody has done something."""
    if isinstance(error, ModelNotServed):
        return error.rolled_back_to is not None
    return isinstance(error, _LASTING)
