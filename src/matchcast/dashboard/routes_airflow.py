"""Airflow's DAGs: shown to everybody, started and paused by the operator."""

from __future__ import annotations

from flask import Blueprint, Response

from matchcast.dashboard.airflow import Airflow
from matchcast.dashboard.answers import answer_json
from matchcast.dashboard.guards import operator_acts
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.site import current_site

blueprint = Blueprint("airflow", __name__, url_prefix="/api/airflow/dags")


def _airflow() -> Airflow:
    airflow = current_site().airflow
    if airflow is None:
        raise Problem(
            503,
            "The dashboard is not connected to an Airflow: MATCHCAST_AIRFLOW_URL says where one is.",
            kind="airflow-not-configured",
        )
    return airflow


@blueprint.get("")
def list_dags() -> Response:
    """List the DAGs, each with its last run."""
    return answer_json({"dags": _airflow().overview().dags})


@blueprint.get("/<dag_id>/runs")
def list_runs(dag_id: str) -> Response:
    """List a DAG's newest runs, newest first."""
    return answer_json({"dag_id": dag_id, "runs": _airflow().runs(dag_id)})


@blueprint.post("/<dag_id>/trigger")
@operator_acts
def trigger(dag_id: str) -> Response:
    """Start a run of a DAG; asked again within ten seconds it is the same run."""
    asked = _airflow().trigger(dag_id)
    return answer_json(asked, 200 if asked.repeated else 202)


@blueprint.post("/<dag_id>/pause")
@operator_acts
def pause(dag_id: str) -> Response:
    """Let a DAG's timetable start no run."""
    return answer_json(_airflow().pause(dag_id, paused=True))


@blueprint.post("/<dag_id>/resume")
@operator_acts
def resume(dag_id: str) -> Response:
    """Let a DAG's timetable start runs again."""
    return answer_json(_airflow().pause(dag_id, paused=False))
