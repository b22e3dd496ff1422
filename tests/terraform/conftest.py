"""What the tests of Terraform share: the command, the stand-in for the cloud, copies of the configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.terraform.running import PYTHON, Site, fetch_schemas, find_locked, find_terraform, sites


@pytest.fixture(scope="session", autouse=True)
def environment() -> None:
    """Skip where the tools are not there."""
    if not PYTHON.exists():
        pytest.skip("there is no .venv-terraform with the stand-in's libraries; make terraform makes it")


@pytest.fixture(scope="session")
def terraform() -> tuple[str, ...]:
    """The command of a Terraform: that of this machine, where it is new enough, else the locked one."""
    command = find_terraform()
    if command is None:
        pytest.skip(
            "there is no Terraform of 1.11 or newer on the path, and none in the lock for this machine"
        )
    return command


@pytest.fixture(scope="session")
def locked_terraform() -> tuple[str, ...]:
    """The command of the locked Terraform, which is newer than the least that the configuration takes."""
    command = find_locked()
    if command is None:
        pytest.skip("there is no locked Terraform for this machine")
    return command


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schemas of all that the configuration uses."""
    file = tmp_path_factory.mktemp("schemas") / "schemas.json"
    file.write_text(json.dumps(fetch_schemas(file.with_name("package"))), encoding="utf-8")
    return file


@pytest.fixture
def make_site(tmp_path: Path, terraform: tuple[str, ...], schemas: Path) -> Iterator[Callable[..., Site]]:
    """Make copies of the configuration, each with an empty account; answers beside the usual ones by name."""
    with sites(tmp_path, terraform, schemas) as make:
        yield make


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site of one host that was applied."""
    made = make_site()
    made.apply()
    return made
