"""Settings: from the environment, documented, and never telling a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from matchcast.cli import matchcast
from matchcast.errors import InvalidSetting
from matchcast.settings import load, markdown_table


def test_every_setting_is_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert markdown_table() in readme, "put what `python -m matchcast.settings` prints into the README"


def test_a_variable_sets_and_an_argument_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHCAST_API_PORT", "8123")
    assert load().api_port == 8123
    assert load(api_port=9000).api_port == 9000
    assert load(api_port=None).api_port == 8123


def test_a_value_that_cannot_be_used_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHCAST_API_PORT", "eighty")
    with pytest.raises(InvalidSetting, match="MATCHCAST_API_PORT is 'eighty'"):
        load()


def test_history_lies_in_the_state_folder_until_it_is_given_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load().history_dir == Path(".matchcast/history")
    monkeypatch.setenv("MATCHCAST_STATE_DIR", "/srv/state")
    assert load().history_dir == Path("/srv/state/history")
    shown = CliRunner().invoke(matchcast, ["config"]).output
    assert "MATCHCAST_HISTORY_DIR=/srv/state/history  (default)" in shown
    monkeypatch.setenv("MATCHCAST_HISTORY_DIR", "/srv/history")
    assert load().history_dir == Path("/srv/history")


def test_a_secret_comes_from_the_file_that_a_variable_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = tmp_path / "password"
    kept.write_text("correct horse\n")
    monkeypatch.setenv("MATCHCAST_OPERATOR_PASSWORD_FILE", str(kept))
    password = load().operator_password
    assert password is not None
    assert password.get_secret_value() == "correct horse"
    monkeypatch.setenv("MATCHCAST_OPERATOR_PASSWORD_FILE", str(tmp_path / "missing"))
    with pytest.raises(InvalidSetting, match="MATCHCAST_OPERATOR_PASSWORD_FILE"):
        load()


def test_a_secret_file_that_is_no_text_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = tmp_path / "key"
    kept.write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("MATCHCAST_SECRET_KEY_FILE", str(kept))
    with pytest.raises(InvalidSetting, match=r"MATCHCAST_SECRET_KEY_FILE names .* which is not text"):
        load()


def test_a_file_variable_of_what_is_no_secret_is_not_said_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHCAST_API_URL_FILE", "/nowhere")
    shown = CliRunner().invoke(matchcast, ["config"]).output
    assert "MATCHCAST_API_URL=http://127.0.0.1:8000  (default)" in shown


def test_the_command_shows_where_a_value_comes_from_and_redacts_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MATCHCAST_API_PORT", "8123")
    monkeypatch.setenv("MATCHCAST_SECRET_KEY", "hunter2hunter2")
    shown = CliRunner().invoke(matchcast, ["config"]).output
    assert "MATCHCAST_API_PORT=8123  (environment)" in shown
    assert "MATCHCAST_SECRET_KEY=(set)  (environment)" in shown
    assert "hunter2" not in shown
