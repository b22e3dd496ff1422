"""The gate of promotion: whether a challenger may take the champion's place, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from time import perf_counter

from msgspec import Struct

from matchcast.events.record import Strengths
from matchcast.forecast.archive import Floats, Matches
from matchcast.forecast.bootstrap import of_matches
from matchcast.forecast.evaluation import Interval
from matchcast.forecast.forecast import Forecaster
from matchcast.forecast.metrics import bands, figures, log_losses
from matchcast.forecast.situation import Situation
from matchcast.forecast.snapshots import snapshots

ECE_WORSE = 0.003
"""So much worse may the challenger's calibration error be."""

BAND_WORSE = 0.005
"""So much worse may its log loss be in any 15 minutes of the match."""

SLOWER = 1.5
"""So many times the champion's time may a forecast of a new fixture take."""

FEWEST_MATCHES = 200
"""On fewer matches nothing is judged."""

_TIMED = 40


class Decision(Struct, frozen=True):
    """What the gate says of one set of matches: promote or keep, and the reasons in words.

    `difference` is in log loss, challenger less champion, with its 95 % interval. `no_worse` says that
    all but the win holds, and that it does not surely lose: what another set must show beside a win here.
    """

    promote: bool
    no_worse: bool
    reasons: list[str]
    matches: int
    difference: Interval
    champion: dict[str, float]
    challenger: dict[str, float]


def decide(
    champion: Floats,
    challenger: Floats,
    matches: Matches,
    *,
    faults: Sequence[str] = (),
    seconds: tuple[float, float] = (1.0, 1.0),
) -> Decision:
    """Judge a challenger beside the champion on the same matches, which neither may have learned from.

    Args:
        champion: Its forecasts at the snapshots of the matches, (N, 3).
        challenger: The challenger's.
        matches: What was forecast.
        faults: Breaches of the contract that `check_forecaster` found in the challenger.
        seconds: What a forecast takes, champion's and challenger's; see `seconds_a_fixture`.
    """
    taken = snapshots(matches)
    difference = of_matches(
        log_losses(challenger, taken.outcome) - log_losses(champion, taken.outcome), taken.match
    )
    old, new = (figures(found, taken.outcome, taken.minute) for found in (champion, challenger))
    harm = []
    if new["ece"] > old["ece"] + ECE_WORSE:
        harm.append(f"its calibration error is {new['ece']:.4f}, the champion's {old['ece']:.4f}")
    by_minutes = [bands(found, taken.outcome, taken.minute) for found in (champion, challenger)]
    for minutes, of_champion in by_minutes[0].items():
        worse = by_minutes[1][minutes]["log_loss"] - of_champion["log_loss"]
        if worse > BAND_WORSE:
            harm.append(f"in minutes {minutes} its log loss is worse by {worse:.4f}")
    harm.extend(_breaches(faults))
    if seconds[1] > SLOWER * seconds[0]:
        harm.append(
            f"it takes {1000 * seconds[1]:.2f} ms for a new fixture, the champion {1000 * seconds[0]:.2f} ms"
        )
    reasons = [*_no_win(len(matches), difference), *harm]
    no_worse = not harm and difference.low <= 0.0
    return Decision(not reasons, no_worse, reasons or [_wins(difference)], len(matches), difference, old, new)


def seconds_a_fixture(forecaster: Forecaster) -> float:
    """Median time of everything that can be said about a fixture that was not asked about before."""
    taken = []
    for number in range(_TIMED):
        situation = Situation(
            "Home", "Away", strengths=Strengths(1.0 + number / 100, 1.2), period=1, minute=20
        )
        begun = perf_counter()
        forecaster.forecast(situation)
        taken.append(perf_counter() - begun)
    return median(taken)


def _no_win(matches: int, difference: Interval) -> list[str]:
    reasons = []
    if matches < FEWEST_MATCHES:
        reasons.append(f"{matches} matches are too few to judge by; it takes {FEWEST_MATCHES}")
    if difference.high >= 0.0:
        reasons.append(
            f"it does not surely win: log loss differs by {difference.mean:+.5f}, "
            f"95 % {difference.low:+.5f} to {difference.high:+.5f}"
        )
    return reasons


def _breaches(faults: Sequence[str]) -> list[str]:
    if not faults:
        return []
    more = f", and {len(faults) - 1} faults more" if len(faults) > 1 else ""
    return [f"it breaks the contract: {faults[0]}{more}"]


def _wins(difference: Interval) -> str:
    return (
        f"it wins: log loss differs by {difference.mean:+.5f}, "
        f"95 % {difference.low:+.5f} to {difference.high:+.5f}"
    )
