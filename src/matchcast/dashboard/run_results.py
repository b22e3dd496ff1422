"""What came of a run of a DAG, in a sentence, from what its tasks returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Returned = Mapping[str, Mapping[str, Any]]
"""By task what it returned: the result of a step of the pipeline."""

TELLING: Mapping[str, tuple[str, ...]] = {
    "football_pipeline": ("drain", "features", "check"),
    "retraining_pipeline": ("gate", "promote", "verify"),
}
"""The tasks of each DAG whose results people ask about."""


def tell_result(dag_id: str, returned: Returned) -> str | None:
    """Return what a run brought; None where there is nothing to tell."""
    teller = _TELLERS.get(dag_id)
    return (teller(returned) or None) if teller else None


def _tell_football(returned: Returned) -> str:
    said = []
    if drained := returned.get("drain"):
        said.append(_count(drained.get("events", 0), "event", "events") + " drained")
    if features := returned.get("features"):
        said.append(_count(features.get("matches", 0), "match", "matches") + " finished")
    if checked := returned.get("check"):
        said.append("checks passed")
        said.extend(_tell_drift(checked.get("drift") or {}))
    return _sentence(", ".join(said))


def _tell_drift(reports: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which origins have drifted, of those that had matches enough to tell."""
    judged = {origin: report for origin, report in reports.items() if report.get("reference")}
    drifted = [origin for origin, report in judged.items() if report.get("drifted")]
    if judged and not drifted:
        return ["no drift"]
    return [f"{origin} matches have drifted" for origin in drifted]


def _tell_retraining(returned: Returned) -> str:
    gate, promoted = returned.get("gate", {}), returned.get("promote", {})
    decided = promoted or gate
    if not decided:
        return ""
    reasons = "; ".join(str(reason) for reason in decided.get("reasons") or gate.get("reasons") or [])
    because = f": {reasons}" if reasons else ""
    if not promoted:
        return _sentence(
            f"{'the challenger passed' if gate.get('promote') else 'the champion stays'}{because}"
        )
    if not promoted.get("promoted"):
        return _sentence(f"kept {promoted.get('champion', 'the champion')}{because}")
    made, in_force = promoted.get("champion"), returned.get("verify", {}).get("champion")
    # Rolled back, or overtaken, and verified again since.
    served = "" if in_force is None else f", but {in_force} is the champion by now"
    if in_force == made is not None:
        served = ", served by every worker"
    return _sentence(f"promoted {made or 'the challenger'}{served}{because}")


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:].rstrip('.')}." if clause else ""


_TELLERS: Mapping[str, Callable[[Returned], str]] = {
    "football_pipeline": _tell_football,
    "retraining_pipeline": _tell_retraining,
}
