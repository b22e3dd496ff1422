"""MLflow's ``models serve`` with a scikit-learn model of the same task, in an environment of its own."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.servers import Server, serving
from benchmarks.states import draw
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation
from matchcast.settings import default_cache_dir

MLFLOW = "mlflow==3.17.2"
FASTER = ("uvloop==0.23.0", "httptools==0.9.0")
"""What its server uses where it is there: it is measured at its best."""

ROWS = 20_000


def environment() -> Path:
    """Return MLflow's environment; made once, in the cache folder."""
    folder = default_cache_dir() / "benchmarks" / f"{MLFLOW.replace('==', '-')}-py{sys.version_info.minor}"
    done = folder / "complete"
    if not done.exists():
        sys.stderr.write(f"installing {MLFLOW} into {folder}\n")
        venv.create(folder, clear=True, with_pip=True)
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, MLFLOW, *FASTER], check=True)
        done.touch()
    return folder


def features(state: dict[str, Any]) -> list[float]:
    """Return what the scikit-learn model is told of a state."""
    score, men = state["score"], state["men"]
    return [
        state["minute"] + state["second"] / 60,
        score["home"] - score["away"],
        men["home"] - men["away"],
        *state["strengths"],
    ]


def _rows() -> dict[str, Any]:
    """Return states with results drawn from the champion's own forecast, to fit the other model on."""
    champion = GoalRateForecaster(load_champion())
    source = random.Random(7)  # noqa: S311
    states = _with_strengths(draw(ROWS, seed=7), champion)
    outcomes = champion.outcomes([_situation(state) for state in states])
    return {
        "features": [features(state) for state in states],
        "results": [source.choices(range(3), outcome)[0] for outcome in outcomes],
    }


def _situation(state: dict[str, Any]) -> Situation:
    return Situation(
        state["match"]["home_team"],
        state["match"]["away_team"],
        period=state["period"],
        minute=state["minute"],
        second=state["second"],
        home_goals=state["score"]["home"],
        away_goals=state["score"]["away"],
        home_men=state["men"]["home"],
        away_men=state["men"]["away"],
    )


def _with_strengths(states: list[dict[str, Any]], champion: GoalRateForecaster) -> list[dict[str, Any]]:
    known: dict[tuple[str, str], list[float]] = {}
    for state in states:
        teams = (state["match"]["home_team"], state["match"]["away_team"])
        if teams not in known:
            strengths = champion.forecast(Situation(*teams)).strengths
            known[teams] = [strengths.home, strengths.away]
        state["strengths"] = known[teams]
    return states


def bodies(count: int) -> list[str]:
    """Return requests to MLflow about the same states as those to the API."""
    states = _with_strengths(draw(count), GoalRateForecaster(load_champion()))
    return [json.dumps({"inputs": [features(state)]}) for state in states]


@contextmanager
def mlflow_serving(port: int) -> Iterator[Server]:
    """Serve the model at ``/invocations`` with one worker until the block ends."""
    programs = environment() / "bin"
    python = str(programs / "python")
    with tempfile.TemporaryDirectory() as folder:
        rows, model = Path(folder) / "rows.json", Path(folder) / "model"
        rows.write_text(json.dumps(_rows()), encoding="utf-8")
        make = [python, str(Path(__file__).with_name("mlflow_model.py")), str(rows), str(model)]
        subprocess.run(make, check=True, capture_output=True)
        command = [python, "-m", "mlflow", "models", "serve", "--model-uri", str(model)]
        command += ["--port", str(port), "--workers", "1", "--env-manager", "local"]
        variables = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        with serving(command, f"http://127.0.0.1:{port}/ping", **variables) as server:
            yield server
