"""Runs DAGs of this checkout, in Airflow's environment: reads lines ``DAG_ID MOMENT VARIABLES``, answers
each by a line.

VARIABLES are a JSON object, for the environment. An answer is JSON: the run's state and id, the state
of each task, and what each returned. The same moment again is the same run again. The first line it
prints names the DAGs that were loaded, and the errors of loading.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.models.xcom import XComModel
from airflow.sdk import DAG
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select


def run(dag: DAG, moment: str) -> dict[str, Any]:
    for one in dag.tasks:
        one.retries = 0  # a test looks at each try by itself
    at = datetime.fromisoformat(moment)
    done = dag.test(run_after=at, logical_date=at)
    with create_session() as session:
        rows = session.scalars(
            select(XComModel).where(XComModel.run_id == done.run_id, XComModel.key == "return_value")
        )
        returned = {row.task_id: XComModel.deserialize_value(row) for row in rows}
    states = {one.task_id: str(one.state) for one in done.get_task_instances()}
    return {"state": str(done.state), "run_id": done.run_id, "tasks": states, "returned": returned}


def main(answers: TextIO) -> None:
    initdb()
    folder = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
    print(json.dumps({"dags": sorted(bag.dags), "errors": bag.import_errors}), file=answers, flush=True)
    for line in sys.stdin:
        dag_id, moment, variables = line.split(maxsplit=2)
        os.environ.update(json.loads(variables))
        print(json.dumps(run(bag.dags[dag_id], moment)), file=answers, flush=True)


if __name__ == "__main__":
    own = os.dup(1)  # what Airflow prints on standard output is no answer
    os.dup2(2, 1)
    main(os.fdopen(own, "w"))
