"""The pages for people; they hold no data and ask for it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from matchcast import __version__
from matchcast.dashboard.site import current_site

blueprint = Blueprint("pages", __name__)


def _page(template: str) -> Response:
    airflow = current_site().airflow
    airflow_url = airflow.public_url if airflow else None
    page = Response(render_template(template, version=__version__, airflow_url=airflow_url))
    page.headers["Cache-Control"] = "no-cache"
    return page


@blueprint.get("/")
def index() -> Response:
    """Show the match page."""
    return _page("index.html")


@blueprint.get("/status")
def status() -> Response:
    """Show how each part of the system is."""
    return _page("status.html")
