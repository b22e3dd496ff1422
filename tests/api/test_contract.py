"""The server keeps what its OpenAPI document says, whatever it is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests


@pytest.mark.timeout(600)
def test_schemathesis_finds_nothing(api: str, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{api}/openapi.json"),
        *("--checks", "all", "--max-examples", "40", "--seed", "20180715", "--generation-database", "none"),
        *("--max-response-time", "5", "--no-color"),
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=540, check=False)
    assert result.returncode == 0, result.stdout[-10_000:] + result.stderr[-2_000:]
    assert requests.get(f"{api}/ready", timeout=5).ok
