"""A challenger for the champion: trained on what was played before, judged on what was played since."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from matchcast.forecast.archive import Archive, Days, Flags, Floats, within
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import Artefact, load, save
from matchcast.forecast.contract import check_forecaster
from matchcast.forecast.evaluate import as_other, evaluate
from matchcast.forecast.evaluation import Evaluated
from matchcast.forecast.forecast import Forecaster
from matchcast.forecast.gate import FEWEST_MATCHES, Decision, decide, seconds_a_fixture
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.pre_match import Rated, rate
from matchcast.history.files import HistoryFolder
from matchcast.history.selection import export, origins_of
from matchcast.history.training_files import Written
from matchcast.pipeline.errors import StepMissing
from matchcast.pipeline.files import write_json

log = logging.getLogger(__name__)

JUDGED_ON = 2_000
"""The newest matches are kept from the challenger, so that the gate can tell small differences."""

_BRING = "Bring some: `matchcast history fetch`, or `matchcast history add` for files that you have"
NOTHING = f"there are no real matches to learn from. {_BRING}"
"""Why the champion stays where history has simulated matches alone, or none."""

_ROUNDS = 5


class Assembled(Struct, frozen=True):
    """What there is to learn from: matches by kind, the day of the last one.

    `kept` says why the champion stays without a challenger; None: one can be trained and judged.
    """

    international: int
    detailed: int
    last_day: str | None
    kept: str | None


class Verdict(Struct, frozen=True):
    """Whether the challenger takes the champion's place, why, and the gate's word on each set of matches.

    There is no challenger where there was nothing to train or judge one by.
    """

    champion: str
    challenger: str | None
    promote: bool
    reasons: list[str]
    decisions: dict[str, Decision]


class Challenge:
    """The files of a run of retraining, in the folder of the history.

    retraining/BATCH/matches            what was exported for training
    retraining/BATCH/champion.json      the champion when the run began
    retraining/BATCH/assembled.json     what there is to learn from, or why that is not enough
    retraining/BATCH/challenger.json    the model that was trained
    retraining/BATCH/evaluation.json    how both do on matches that neither has seen, beside the baselines
    retraining/BATCH/verdict.json       what the gate says
    """

    def __init__(self, history: HistoryFolder, batch: str) -> None:
        history.manifest(batch)
        self.batch = batch
        self._history = history
        self.folder = history.path / "retraining" / batch
        self._matches = self.folder / "matches"
        self._assembled = self.folder / "assembled.json"
        self._evaluation = self.folder / "evaluation.json"
        self._champion = self.folder / "champion.json"
        self._challenger = self.folder / "challenger.json"
        self._verdict = self.folder / "verdict.json"

    @property
    def champion(self) -> Artefact:
        """The champion when the run began."""
        return load(self._made(self._champion, "assemble"))

    @property
    def challenger(self) -> Artefact:
        """The model that was trained."""
        return load(self._made(self._challenger, "train"))

    @property
    def verdict(self) -> Verdict:
        """What the gate said."""
        return msgspec.json.decode(self._made(self._verdict, "gate").read_bytes(), type=Verdict)

    @property
    def assembled(self) -> Assembled:
        """What there is to learn from."""
        return msgspec.json.decode(self._made(self._assembled, "assemble").read_bytes(), type=Assembled)

    def archive(self) -> Archive:
        """Read the matches that were exported."""
        return read_archive(self._made(self._matches, "assemble"))

    def assemble(self, champion: Callable[[], Artefact], *, with_simulated: bool) -> Assembled:
        """Export the history and note the champion; once both are done they stay, whatever came since."""
        if not self._assembled.exists():
            origins = origins_of(self._history) if with_simulated else None
            written = export(self._history, self._matches, origins)
            save(champion(), self._champion)
            write_json(self._assembled, self._look(written))
        return self.assembled

    def _look(self, written: Written) -> Assembled:
        if not written.international + written.detailed:
            return Assembled(0, 0, None, NOTHING)
        archive = read_archive(self._matches)
        kept = shortage(archive, load(self._champion))
        return Assembled(written.international, written.detailed, str(archive.last_day), kept)

    def train(self) -> Artefact | None:
        """Train the challenger on what was played before `judged_from`; one that is there stays.

        None: there is nothing to train it on, or to judge it by.
        """
        if self.assembled.kept is not None:
            return None
        if not self._challenger.exists():
            from matchcast.forecast.train import train  # brings scikit-learn

            archive = self.archive()
            before = archive.between(None, judged_from(archive, self.champion))
            save(train(before, log.info), self._challenger)
        return self.challenger

    def evaluate(self) -> Mapping[str, Evaluated | None]:
        """Evaluate the challenger beside the champion and the baselines, and keep the figures.

        The baselines are the usual models, fitted to what was played before. There is nothing to
        evaluate without a challenger.
        """
        if self.assembled.kept is not None:
            write_json(self._evaluation, {"kept": self.assembled.kept})
            return {}
        from matchcast.forecast.against import Challenged  # brings scikit-learn

        archive, champion, challenger = self.archive(), self.champion, self.challenger
        since = unseen_from(champion, challenger)
        of_champion, of_baselines = as_other(champion, archive), Challenged(archive).outside

        def others(rated: Rated, chosen: Flags) -> Mapping[str, Floats]:
            return {**of_champion(rated, chosen), **of_baselines(rated, chosen)}

        found = evaluate(challenger, archive, since, None, others)
        write_json(self._evaluation, {"since": str(since), "model_version": challenger.version, **found})
        return found

    def judge(self) -> Verdict:
        """Let the gate decide, and keep what it says."""
        champion, kept = self.champion, self.assembled.kept
        if kept is not None:
            verdict = Verdict(champion.version, None, promote=False, reasons=[kept], decisions={})
        else:
            verdict = judge(self.archive(), champion, self.challenger)
        write_json(self._verdict, verdict)
        return verdict

    def _made(self, path: Path, step: str) -> Path:
        if not path.exists():
            raise StepMissing(self.batch, step)
        return path


def unseen_from(champion: Artefact, challenger: Artefact) -> np.datetime64:
    """Return the day from which on neither model has learned from matches."""
    return max(np.datetime64(one.card.trained_until) for one in (champion, challenger))


def judged_from(archive: Archive, champion: Artefact) -> np.datetime64:
    """Return the day from which matches are kept for judging: the champion has not learned from them either."""
    newest = np.sort(np.concatenate(_days(archive)))[-JUDGED_ON:]
    return max(np.datetime64(newest[0]), np.datetime64(champion.card.trained_until))


def shortage(archive: Archive, champion: Artefact) -> str | None:
    """Return why no challenger can be trained or judged by an archive; None: one can."""
    from matchcast.forecast.held_out import FEWEST_MATCHES as FEWEST_LEARNED
    from matchcast.forecast.learning import FIRST_DAY

    since = judged_from(archive, champion)
    judged = max(int((days >= since).sum()) for days in _days(archive))
    if judged < FEWEST_MATCHES:
        return (
            f"{judged} matches since {since}, until when {champion.version} learned, are too few to judge a "
            f"challenger by; it takes {FEWEST_MATCHES}. Bring newer ones: `matchcast history fetch --newest`, "
            "or `matchcast history add` for files that you have"
        )
    learned = sum(int(((days >= FIRST_DAY) & (days < since)).sum()) for days in _days(archive))
    if learned < FEWEST_LEARNED:
        return (
            f"{learned} matches before {since} are too few to learn from; it takes {FEWEST_LEARNED}. {_BRING}"
        )
    return None


def _days(archive: Archive) -> list[Days]:
    return [part.days for part in (archive.international, archive.detailed) if part is not None]


def judge(archive: Archive, champion: Artefact, challenger: Artefact) -> Verdict:
    """Judge a challenger on each set of matches that neither model has learned from.

    It is promoted when the gate says so of one set, and all but the win holds on each other set that has
    `FEWEST_MATCHES`: calibration, every 15 minutes, no sure loss.
    """
    since = unseen_from(champion, challenger)
    forecaster = GoalRateForecaster(challenger)
    faults = check_forecaster(forecaster)
    seconds = _seconds_of_both(GoalRateForecaster(champion), forecaster)
    of_champion, of_challenger = as_other(champion, archive), as_other(challenger, archive)
    decisions = {}
    for rated in rate(archive):
        chosen = within(rated.matches.days, since, None)
        if chosen.any():
            decisions[rated.matches.name] = decide(
                of_champion(rated, chosen)[champion.version],
                of_challenger(rated, chosen)[challenger.version],
                rated.matches.only(chosen),
                faults=faults,
                seconds=seconds,
            )
    judged = [one for one in decisions.values() if one.matches >= FEWEST_MATCHES]
    reasons = [f"{name}: {reason}" for name, one in decisions.items() for reason in one.reasons]
    return Verdict(
        champion.version,
        challenger.version,
        any(one.promote for one in judged) and all(one.no_worse for one in judged),
        reasons or [f"no match was played since {since}, until when the champion or the challenger learned"],
        decisions,
    )


def _seconds_of_both(champion: Forecaster, challenger: Forecaster) -> tuple[float, float]:
    """Time both in turn and take the best of each, so that other work on the machine favours neither."""
    rounds = [(seconds_a_fixture(champion), seconds_a_fixture(challenger)) for _ in range(_ROUNDS)]
    return min(one for one, _ in rounds), min(other for _, other in rounds)
