"""Airflow's DAGs: shown to everybody, started and paused by the operator."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint

from matchcast.dashboard.guards import operator_acts
from matchcast.dashboard.problems import Problem

blueprint = Blueprint("airflow", __name__, url_prefix="/api/airflow/dags")


def _not_configured() -> NoReturn:
    raise Problem(503, "The dashboard is not connected to an Airflow.", kind="airflow-not-configured")


@blueprint.get("")
def list_dags() -> NoReturn:
    """List the DAGs."""
    _not_configured()


@blueprint.get("/<dag_id>/runs")
def list_runs(dag_id: str) -> NoReturn:  # noqa: ARG001
    """List a DAG's runs, newest first."""
    _not_configured()


@blueprint.post("/<dag_id>/trigger")
@operator_acts
def trigger(dag_id: str) -> NoReturn:  # noqa: ARG001
    """Start a run of a DAG."""
    _not_configured()


@blueprint.post("/<dag_id>/pause")
@operator_acts
def pause(dag_id: str) -> NoReturn:  # noqa: ARG001
    """Let a DAG's timetable start no run."""
    _not_configured()


@blueprint.post("/<dag_id>/resume")
@operator_acts
def resume(dag_id: str) -> NoReturn:  # noqa: ARG001
    """Let a DAG's timetable start runs again."""
    _not_configured()
