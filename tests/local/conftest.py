"""Machines and supervised parts for the tests of this folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.local.machine import Machine, Program, kill_all_of


@pytest.fixture
def run_parts(tmp_path: Path) -> Iterator[Callable[[list[dict[str, object]]], Program]]:
    """Supervise parts that a test describes, in the folder `tmp_path / "state"`."""
    running: list[Program] = []

    def run(parts: list[dict[str, object]]) -> Program:
        script = str(Path(__file__).with_name("run_parts.py"))
        program = Program(
            [sys.executable, script, str(tmp_path / "state"), json.dumps(parts)],
            tmp_path / f"output-{len(running)}",
            dict(os.environ),
        )
        running.append(program)
        return program

    yield run
    for program in running:
        program.process.kill()
        program.process.wait()
    kill_all_of(tmp_path / "state")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine of a test's own."""
    machine = Machine(tmp_path)
    yield machine
    machine.clear()
