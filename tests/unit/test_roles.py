"""The roles' pages and defaults: what a user reads of a variable is what it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = sorted((ROOT / "roles").iterdir())


def load(role: Path, file: str) -> dict[str, Any]:
    loaded: dict[str, Any] | None = yaml.safe_load((role / file).read_text(encoding="utf-8"))
    return loaded or {}


def options_of(role: Path) -> dict[str, dict[str, Any]]:
    specs = load(role, "meta/argument_specs.yml")["argument_specs"]
    return {name: option for spec in specs.values() for name, option in spec.get("options", {}).items()}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_s_page_tells_what_its_argument_specs_say(role: Path) -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "ansible/readmes.py", "--check", role.name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stderr == ""
    assert checked.returncode == 0


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_each_default_is_what_the_argument_specs_say(role: Path) -> None:
    options, defaults = options_of(role), load(role, "defaults/main.yml")
    assert set(defaults) <= set(options)
    for name, default in defaults.items():
        if "{{" not in str(default) and not (options[name].get("required") and default == ""):
            assert options[name].get("default") == default, name


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_each_default_has_a_comment_above_it_and_an_example(role: Path) -> None:
    text = (role / "defaults/main.yml").read_text(encoding="utf-8")
    blocks = text.removeprefix("---\n").split("\n\n")
    for name in load(role, "defaults/main.yml"):
        block = next(block for block in blocks if re.search(rf"^{name}:", block, re.MULTILINE))
        assert block.startswith("# "), name
        assert "\n# Example:\n" in block, name


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_part_of_a_role_that_is_asked_for_by_its_tag_is_checked_first(role: Path) -> None:
    first, *parts = yaml.safe_load((role / "tasks/main.yml").read_text(encoding="utf-8"))
    assert first["ansible.builtin.import_tasks"] == "preflight.yml"
    assert {tag for part in parts for tag in part["tags"]} <= set(first["tags"])
