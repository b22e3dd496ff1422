"""All that the routes need, as one thing that hangs on the app."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from matchcast.dashboard.airflow import Airflow
from matchcast.dashboard.board import Board
from matchcast.dashboard.broadcast import Broadcast
from matchcast.dashboard.match_requests import MatchRequests
from matchcast.dashboard.metrics import Metrics
from matchcast.dashboard.model_lamps import ModelLamps
from matchcast.dashboard.monitor import Monitor
from matchcast.dashboard.operator import Operator
from matchcast.live.service import LiveService
from matchcast.settings import Settings

_EXTENSION = "matchcast.site"


@dataclass
class Site:
    """What is served, and who may act on it; `airflow` is None where there is none."""

    settings: Settings
    live: LiveService
    board: Board
    broadcast: Broadcast
    monitor: Monitor
    operator: Operator
    metrics: Metrics
    requests: MatchRequests
    airflow: Airflow | None
    lamps: ModelLamps


def install(app: Flask, site: Site) -> None:
    """Give an app what it serves."""
    app.extensions[_EXTENSION] = site


def current_site() -> Site:
    """Return what the app that handles this request serves."""
    site: Site = current_app.extensions[_EXTENSION]
    return site
