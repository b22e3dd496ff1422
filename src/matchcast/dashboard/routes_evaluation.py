"""The page that tells how good the model in service is, drawn from the card that the model API gives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from flask import Blueprint, Response, render_template
from markupsafe import Markup

from matchcast.dashboard.site import current_site
from matchcast.forecast.evaluation import Evaluated
from matchcast.forecast.page import MEASURES, sections

blueprint = Blueprint("evaluation", __name__)


class Source(msgspec.Struct):
    """History that the model was made from."""

    name: str
    licence: str
    attribution: str
    matches: int
    used_for: str


class _Card(msgspec.Struct):
    trained_until: str | None = None
    made_on: str | None = None
    package_version: str | None = None
    data: list[Source] = []
    metrics: Mapping[str, Any] = {}
    notes: list[str] = []


class _Model(msgspec.Struct):
    version: str
    card: _Card = msgspec.field(default_factory=_Card)


class _Page(NamedTuple):
    """What a card gives: the model, its drawn evaluation as markup, and why there is none."""

    model: _Model
    drawn: str
    problem: str | None


@lru_cache(maxsize=2)
def _draw(answer: bytes) -> _Page:
    """Draw what the model API says of its model, once for all visitors."""
    model = msgspec.json.decode(answer, type=_Model)
    try:
        drawn = sections(msgspec.convert(model.card.metrics, dict[str, Evaluated | None]))
    except msgspec.ValidationError as error:
        return _Page(model, "", f"The evaluation on its card cannot be read: {error}.")
    problem = None if drawn else "Its card holds no evaluation: nobody has judged this model yet."
    return _Page(model, drawn, problem)


@blueprint.get("/evaluation")
def show_evaluation() -> Response:
    """Show the evaluation of the model in service, or why there is none."""
    monitor, lamps = current_site().monitor, current_site().lamps
    component = monitor.components["model"]
    if not component.looked_at:
        monitor.look("model")
    reading = component.current()
    model, drawn, problem = _draw(lamps.card) if lamps.card is not None else (None, "", reading.reason)
    page = Response(
        render_template(
            "evaluation.html",
            model=model,
            stale=reading.reason if model is not None and reading.state in ("offline", "unknown") else None,
            problem=problem,
            measures=MEASURES,
            # Our own drawing, in which all that comes from the card is escaped.
            sections=Markup(drawn),  # noqa: S704
        )
    )
    page.headers["Cache-Control"] = "no-cache"
    return page
