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
        said.append(f"{_count(drained.get('events'), 'event')} drained")
    if features := returned.get("features"):
        said.append(f"{_count(features.get('matches'), 'match', 'matches')} finished")
    if checked := returned.get("check"):
        faults = checked.get("faults") or []
        said.append("checks passed" if checked.get("passed") else f"checks failed: {'; '.join(faults)}")
        said.extend(_tell_drift(checked.get("drift")))
    return _sentence(", ".join(said))


def _tell_drift(reports: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
    """Say which origins have drifted, from what was found of each."""
    if not reports:
        return []
    drifted = [origin for origin, report in reports.items() if report.get("drifted")]
    return [f"{origin} matches have drifted" for origin in drifted] or ["no drift"]


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
        return _sentence(f"{promoted.get('champion', 'the champion')} was kept{because}")
    served = ", served by every worker" if returned.get("verify") else ""
    return _sentence(f"{promoted.get('champion')} was promoted{served}{because}")


def _count(number: object, one: str, many: str | None = None) -> str:
    return (
        f"{number:,} {one if number == 1 else many or one + 's'}" if isinstance(number, int) else f"no {one}"
    )


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:].rstrip('.')}." if clause else ""


_TELLERS: Mapping[str, Callable[[Returned], str]] = {
    "football_pipeline": _tell_football,
    "retraining_pipeline": _tell_retraining,
}
