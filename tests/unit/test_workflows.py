"""What GitHub runs is what anybody can run, is pinned, and is told by what the documentation lists."""

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
DEPLOYING = (ROOT / "docs/deploying.md").read_text("utf-8")


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


def test_what_is_cached_can_be_unpacked_by_any_user() -> None:
    """Tests run as root: what they wrote is given back, and the hosts' root filesystems stay out."""
    of_all = steps(ROOT / ".github/workflows/ci.yml")
    cached = {path for step in of_all for path in step.get("with", {}).get("path", "").split()}
    [given_back] = [step["run"] for step in of_all if "chown" in step.get("run", "")]
    assert cached == set(re.findall(r"~/\S+", given_back))
    base = Path(".cache/matchcast/hosts/base")
    assert [path for path in cached if base.is_relative_to(path.removeprefix("~/"))] == []


def test_a_run_that_deploys_nothing_takes_no_turn_of_a_deploy() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    assert "concurrency" not in workflow
    build, deploy = (workflow["jobs"][name]["concurrency"] for name in ("build", "deploy"))
    assert build["group"] != deploy["group"]
    assert deploy["cancel-in-progress"] is False


def test_a_cancel_of_githubs_reaches_make() -> None:
    """It reaches the step's first process alone, which is a shell where it is not replaced."""
    [step] = [step for step in steps(ROOT / ".github/workflows/deploy.yml") if "DEPLOY_VAULT" in str(step)]
    assert step["run"] == "exec make deploy"


def test_what_the_pages_tell_to_make_beside_the_code_is_not_committed_by_accident() -> None:
    made = re.findall(r"(?:>|-f) (\S*(?:known_hosts|deploy_key))\b", DEPLOYING)
    assert made
    assert all(path.startswith("~/.config/matchcast/") for path in made)
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"/inventory", "/inventory.new", "/inventory.old"} <= set(ignored)


def test_a_deploy_reads_what_the_documentation_tells_to_set() -> None:
    workflow = (ROOT / ".github/workflows/deploy.yml").read_text("utf-8")
    for kind, context in (("secret", "secrets"), ("variable", "vars")):
        read = set(re.findall(rf"\b{context}\.([A-Z_]+)", workflow))
        assert read
        assert read == set(re.findall(rf"^(?:sed .* \| )?gh {kind} set ([A-Z_]+) ", DEPLOYING, re.MULTILINE))


def test_a_deploy_without_variables_names_all_that_the_workflow_gives_it_but_the_optional_one() -> None:
    (step,) = [step for step in steps(ROOT / ".github/workflows/deploy.yml") if "DEPLOY_VAULT" in str(step)]
    given = {name for name in step["env"] if name.startswith("DEPLOY_")}
    done = subprocess.run(
        [sys.executable, ROOT / "ansible/deploy.py"], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert set(
        re.findall(r"^✘ (\w+) is not set: .+\.\n  Try: (?:sed .* \| )?gh ", done.stderr, re.MULTILINE)
    ) == given - {"DEPLOY_SETTINGS"}
    assert "Nothing was touched." in done.stderr


def test_a_deploy_tells_of_malformed_variables_without_their_values() -> None:
    wrong = {
        "DEPLOY_INVENTORY": "[all]\nsite",
        "DEPLOY_KNOWN_HOSTS": "203.0.113.10",
        "DEPLOY_SSH_KEY": "hunter2",
        "DEPLOY_VAULT": "vault_operator_password: hunter2",
        "DEPLOY_VAULT_PASSWORD": "hunter2\nhunter3",
        "DEPLOY_SETTINGS": "hunter2",
    }
    done = subprocess.run(
        [sys.executable, ROOT / "ansible/deploy.py"], env=wrong, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert set(re.findall(r"^✘ (\w+) is not ", done.stderr, re.MULTILINE)) == set(wrong)
    assert "hunter" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["DEPLOY_VAULT", "DEPLOY_VAULT_PASSWORD"])
def test_a_deploy_tells_of_a_secret_that_is_not_utf_8_and_of_a_summary_that_it_cannot_write(
    name: str, tmp_path: Path
) -> None:
    given = {
        name.encode(): b"$ANSIBLE_VAULT;hunter2\xe9",
        b"GITHUB_STEP_SUMMARY": str(tmp_path / "gone/summary").encode(),
    }
    done = subprocess.run(
        [sys.executable, ROOT / "ansible/deploy.py"], env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"✘ {name} is not " in done.stderr
    assert "The job's summary cannot be written" in done.stderr
    assert "hunter" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_site_that_does_not_answer_is_told_by_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "ansible/check_site.py", "nobody.invalid", "--wait", "0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("✘ https://nobody.invalid does not answer: ")
    assert "\nTry: see that the name leads to the host" in done.stderr
