"""An evaluation as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from matchcast.forecast.evaluation import Compared, Evaluated, Figures

NAMES = {
    "pre_match": "its own before the match, kept",
    "minute_by_lead": "minute x goal difference",
    "base_rate": "base rate",
}
_COLUMNS = f"{'log loss':>9}{'Brier':>9}{'RPS':>9}{'ECE':>9}{'ECE 75+':>9}"
_WIDTH = 34
"""Characters of the first column at least: longer names widen it."""


def report(version: str, judged: Mapping[str, Evaluated | None]) -> str:
    """Tables of each set of matches: the model, the baselines, the model by minutes."""
    lines = [f"Model {version}"]
    for name, judgement in judged.items():
        lines.append("")
        lines.extend([f"{name.capitalize()}: no matches"] if judgement is None else _table(name, judgement))
    return "\n".join(lines)


def _table(name: str, judged: Evaluated) -> Iterator[str]:
    yield (
        f"{name.capitalize()}: {judged.matches:,} matches, {judged.first_day} to {judged.last_day}, "
        f"{judged.snapshots:,} snapshots"
    )
    if judged.held_back:
        yield f"  each forecast by a model that has not seen it: {judged.held_back}"
    if judged.projected:
        yield f"  strength before the match was given for {judged.projected:,} of them"
    if judged.known:
        yield f"  the model may have learned from {judged.known:,} of them: their figures flatter it"
    width = max([_WIDTH, *(len(other) + 3 for other in judged.against)])
    yield " " * width + _COLUMNS
    yield _row("this model", judged, width)
    for baseline, figures in judged.baselines.items():
        yield _row(NAMES[baseline], figures, width)
    yield from _against(judged.against, width)
    yield f"{'minutes':{width}}" + "".join(f"{minutes:>9}" for minutes in judged.bands)
    yield f"{'  log loss':{width}}" + "".join(f"{band.log_loss:9.4f}" for band in judged.bands.values())
    yield f"{'  ECE':{width}}" + "".join(f"{band.ece:9.4f}" for band in judged.bands.values())
    yield f"{'favourite before':{width}}" + "".join(f"{part:>9}" for part in judged.gaps)
    yield f"{'  matches':{width}}" + "".join(f"{gap.matches:9,}" for gap in judged.gaps.values())
    yield f"{'  log loss':{width}}" + "".join(f"{gap.log_loss:9.4f}" for gap in judged.gaps.values())
    yield f"{'  ECE':{width}}" + "".join(f"{gap.ece:9.4f}" for gap in judged.gaps.values())


def _against(others: Mapping[str, Compared], width: int) -> Iterator[str]:
    if not others:
        return
    yield f"{'  beside':{width}}{'log loss':>9}{'RPS':>9}{'ECE':>9}   difference in log loss, 95 % interval"
    for other, compared in others.items():
        between = compared.difference
        yield (
            f"  {other:{width - 2}}{compared.log_loss:9.4f}{compared.rps:9.4f}{compared.ece:9.4f}"
            f"   {between.mean:+.4f}  {between.low:+.4f} to {between.high:+.4f}  {verdict(compared)}"
        )


def _row(name: str, of: Figures, width: int) -> str:
    return f"  {name:{width - 2}}{of.log_loss:9.4f}{of.brier:9.4f}{of.rps:9.4f}{of.ece:9.4f}{of.ece_75:9.4f}"


def verdict(of: Compared) -> str:
    """What the interval of a comparison says, in words."""
    if of.difference.high < 0:
        return "beaten"
    if of.near_best and of.holds:
        return "equalled"
    return "not beaten"
