"""The locks hold on the hosts that Matchcast is made for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


def resolve(lock: str, python: str, platform: str, target: Path) -> subprocess.CompletedProcess[str]:
    """Let uv find a wheel with a locked hash for each package, building and installing none."""
    return subprocess.run(
        [
            UV, "pip", "install", "--dry-run", "--no-deps", "--only-binary", ":all:", "--require-hashes",
            "--python-platform", platform, "--python-version", python, "--target", target,
            "--requirements", ROOT / "requirements" / lock,
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("lock", ["app.txt", "airflow.txt"])
def test_every_locked_package_has_a_wheel_for_arm(lock: str, python: str, tmp_path: Path) -> None:
    found = resolve(lock, python, "aarch64-manylinux_2_28", tmp_path)
    assert found.returncode == 0, found.stderr
    assert " + confluent-kafka==" in found.stderr


def test_a_platform_without_wheels_is_told_apart(tmp_path: Path) -> None:
    found = resolve("app.txt", "3.13", "wasm32-pyodide2024", tmp_path)
    assert found.returncode == 1
    assert "no usable wheels" in found.stderr
