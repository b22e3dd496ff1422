"""What tests of all kinds share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real matches that MATCHCAST_TEST_DATA names."""
    named = os.environ.get("MATCHCAST_TEST_DATA")
    if not named:
        pytest.skip("MATCHCAST_TEST_DATA names no folder of real matches")
    return Path(named)
