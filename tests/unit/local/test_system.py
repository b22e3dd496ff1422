"""`matchcast up` in a state folder that it cannot use in full: one sentence, and nothing is started."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from matchcast.local.folder import FolderUnusable
from matchcast.local.screen import Screen
from matchcast.local.system import System
from matchcast.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(kafka_broker="127.0.0.1:0", api_port=0, dashboard_port=0, state_dir=tmp_path)


def refusal(settings: Settings) -> FolderUnusable:
    with pytest.raises(FolderUnusable, match="cannot be started") as caught:
        System(settings, Screen(io.StringIO()), with_producer=True, with_airflow=False).run()
    return caught.value


def test_a_lock_that_cannot_be_opened(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    assert str(tmp_path / "lock") in refusal(settings).message


def test_secrets_that_cannot_be_kept(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matchcast.local.checks.require", lambda _: "fit")  # whatever this machine is like
    (tmp_path / "secrets").touch()
    assert "MATCHCAST_STATE_DIR" in (refusal(settings).hint or "")
