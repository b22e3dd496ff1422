"""What GitHub runs is what anybody can run, and is pinned."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_make_target_that_a_workflow_calls_is_there(path: Path) -> None:
    commands = "\n".join(step.get("run", "") for step in steps(path))
    called = set(re.findall(r"\bmake (?:--?\S+ )*([a-z][a-z-]*)", commands))
    assert called
    assert called <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_action_is_pinned_by_its_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text("utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_a_site_that_does_not_answer_is_told_by_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "ansible/check_site.py", "nobody.invalid", "--wait", "0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("✘ https://nobody.invalid does not answer: ")
    assert "\nTry: see that the name leads to the host" in done.stderr
