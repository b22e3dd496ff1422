"""The model API against a constant endpoint and against MLflow: ``python -m benchmarks.api``."""

from __future__ import annotations

import argparse
import platform
import socket
import sys
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from benchmarks.load import Measured
from benchmarks.mlflow_serving import MLFLOW, bodies, mlflow_serving
from benchmarks.servers import Server, serving
from benchmarks.states import draw

DIFFERENT = 1000
"""Different states that are asked about in turn."""

BATCH = 5000

CONSTANT, PREDICT, PREDICT_BATCH = "FastAPI constant", "POST /predict", "POST /predict/batch"
MLFLOW_SERVE = "MLflow models serve"


class Target(NamedTuple):
    """A server, and what it is asked."""

    name: str
    server: Server
    url: str
    bodies: list[str]


class Round(NamedTuple):
    """One measurement: what the client saw, and the server's processor time for an answer."""

    seen: Measured
    cpu_us: float


class Figure(msgspec.Struct, frozen=True):
    """Medians over all rounds, and the ratios of each round to that of the constant beside it.

    `rate` is in requests a second, `cpu_us` in microseconds of the server's processor time; the ratio of
    the latter says on a machine that does other things too what the former says on an idle one.
    """

    name: str
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    rate_of_constant: float
    constant_cpu_of_its: float


class Report(msgspec.Struct, frozen=True):
    """All figures, and on what they were measured."""

    machine: str
    python: str
    versions: dict[str, str]
    rounds: int
    connections: int
    figures: list[Figure]
    batch_states_per_second: float
    batch_cpu_us_per_state: float
    times_mlflow: float | None


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def figure(name: str, rounds: list[Round], constant: list[Round]) -> Figure:
    """Return the medians of a server's rounds, and of the ratios of each to the constant's."""
    failed = sum(one.seen.failed for one in rounds)
    if failed:
        raise SystemExit(f"{name}: {failed} answers were no success")
    pairs = list(zip(rounds, constant, strict=True))
    return Figure(
        name,
        rate=round(median(one.seen.rate for one in rounds)),
        p50_ms=round(median(one.seen.p50 for one in rounds), 2),
        p99_ms=round(median(one.seen.p99 for one in rounds), 2),
        cpu_us=round(median(one.cpu_us for one in rounds), 1),
        rate_of_constant=round(median(one.seen.rate / other.seen.rate for one, other in pairs), 2),
        constant_cpu_of_its=round(median(other.cpu_us / one.cpu_us for one, other in pairs), 2),
    )


def start(stack: ExitStack, *, with_mlflow: bool) -> list[Target]:
    """Start the servers side by side, until the stack is closed; the batch comes last."""
    quiet = {"MATCHCAST_LOG_LEVEL": "warning"}
    port = free_port()
    constant_url = f"http://127.0.0.1:{port}/constant"
    command = [sys.executable, "-m", "benchmarks.constant", str(port)]
    constant = stack.enter_context(serving(command, constant_url, **quiet))
    port = free_port()
    api_url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "matchcast", "api", "--port", str(port)]
    api = stack.enter_context(serving(command, f"{api_url}/ready", **quiet))
    states = [msgspec.json.encode(state).decode() for state in draw(DIFFERENT)]
    batch = msgspec.json.encode({"states": draw(BATCH)}).decode()
    targets = [
        Target(CONSTANT, constant, constant_url, []),
        Target(PREDICT, api, f"{api_url}/predict", states),
    ]
    if with_mlflow:
        port = free_port()
        mlflow = stack.enter_context(mlflow_serving(port))
        targets.append(
            Target(MLFLOW_SERVE, mlflow, f"http://127.0.0.1:{port}/invocations", bodies(DIFFERENT))
        )
    return [*targets, Target(PREDICT_BATCH, api, f"{api_url}/predict/batch", [batch])]


def measure(rounds: int, seconds: float, connections: int, *, with_mlflow: bool) -> Report:
    """Run all servers side by side and put load on one after the other, in turn."""
    measured: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        targets = start(stack, with_mlflow=with_mlflow)
        for place in range(rounds + 1):
            for name, server, url, asked in targets:
                busy = 1 if name == PREDICT_BATCH else connections
                found = Round(*server.load(url, asked, connections=busy, seconds=seconds))
                if place > 0:  # in the first round each makes what it keeps
                    measured.setdefault(name, []).append(found)
    batches = measured.pop(PREDICT_BATCH)
    mlflow = measured.get(MLFLOW_SERVE)
    times = [a.seen.rate / b.seen.rate for a, b in zip(measured[PREDICT], mlflow or [], strict=False)]
    versions = {name: version(name) for name in ("fastapi", "uvicorn", "gunicorn", "msgspec", "uvloop")}
    return Report(
        machine=f"{platform.machine()}, one core for the servers, one for the client",
        python=platform.python_version(),
        versions=versions | ({"mlflow": MLFLOW.partition("==")[2]} if with_mlflow else {}),
        rounds=rounds,
        connections=connections,
        figures=[figure(name, found, measured[CONSTANT]) for name, found in measured.items()],
        batch_states_per_second=round(median(one.seen.rate for one in batches) * BATCH, -2),
        batch_cpu_us_per_state=round(median(one.cpu_us for one in batches) / BATCH, 2),
        times_mlflow=round(median(times), 1) if times else None,
    )


def table(report: Report) -> str:
    """Return a report as a Markdown table and sentences."""
    rows = (
        f"| {one.name} | {one.rate:,.0f} | {one.p50_ms} | {one.p99_ms} | {one.cpu_us} "
        f"| {one.rate_of_constant} | {one.constant_cpu_of_its} |"
        for one in report.figures
    )
    lines = [
        "| | requests/s | p50 ms | p99 ms | CPU us | rate, of constant | by CPU time |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Batch of {BATCH:,}: {report.batch_states_per_second:,.0f} states/s on one core, JSON included; "
        f"{report.batch_cpu_us_per_state} us of CPU a state.",
    ]
    if report.times_mlflow is not None:
        lines.append(f"POST /predict answers {report.times_mlflow} times as many requests as MLflow.")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all servers  [default: 5]")
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds of load each  [default: 3]")
    parser.add_argument("--connections", type=int, default=16, help="connections kept busy  [default: 16]")
    parser.add_argument("--no-mlflow", action="store_true", help="leave MLflow out (it installs 1 GB)")
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks/api.json"), help="file to write")
    options = parser.parse_args()
    report = measure(options.rounds, options.seconds, options.connections, with_mlflow=not options.no_mlflow)
    sys.stdout.write(f"{table(report)}\n")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


if __name__ == "__main__":
    main()
