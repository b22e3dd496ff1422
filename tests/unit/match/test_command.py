"""``matchcast state``: a file in, the state of its match out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchcast.cli import main


def _write(folder: Path, *events: dict[str, object]) -> Path:
    path = folder / "match.json"
    path.write_text(json.dumps(events))
    return path


def _goal(number: int, team: str, minute: int) -> dict[str, object]:
    return {
        "id": number,
        "minute": minute,
        "second": 1,
        "type": {"name": "Shot"},
        "team": {"name": team},
        "player": {"name": "Smith"},
        "shot": {"outcome": {"name": "Goal"}, "xG": 0.3},
    }


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["matchcast", "state", *map(str, arguments)])
    return main() or 0


def test_json_has_the_score_of_the_sides_that_were_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _write(
        tmp_path, _goal(1, "City", 10), _goal(2, "Rovers", 50), _goal(3, "Rovers", 60), _goal(3, "Rovers", 60)
    )
    assert _run(monkeypatch, file, "--home", "Rovers", "--away", "City", "--json") == 0
    state = json.loads(capsys.readouterr().out)
    assert state["score"] == {"home": 2, "away": 1}
    assert state["half_time_score"] == {"home": 0, "away": 1}
    assert state["events"] == 3


def test_the_text_tells_score_and_goals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _write(tmp_path, _goal(1, "City", 10), _goal(2, "Rovers", 92))
    assert _run(monkeypatch, file, "--home", "Rovers", "--away", "City") == 0
    text = capsys.readouterr().out
    assert text.startswith("Rovers 1 - 1 City\n")
    assert "90+3'  1-1  goal  Smith (Rovers)" in text


def test_a_file_that_is_none_is_one_sentence_and_exit_code_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.json").write_text("not events")
    assert _run(monkeypatch, tmp_path / "notes.json") == 1
    error = capsys.readouterr().err
    assert "is not JSON" in error
    assert "Try: " in error


def test_a_substitution_names_who_comes_on_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {
        "id": 2,
        "minute": 54,
        "second": 0,
        "type": {"name": "Substitution"},
        "team": {"name": "France"},
        "player": {"name": "N. Kanté"},
        "substitution": {"replacement": {"name": "S. N'Zonzi"}},
    }
    file = _write(tmp_path, _goal(1, "Croatia", 10), change)
    assert _run(monkeypatch, file, "--home", "France", "--away", "Croatia") == 0
    assert "substitution  S. N'Zonzi for N. Kanté (France)\n" in capsys.readouterr().out


def test_a_final_can_be_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _write(tmp_path, _goal(1, "Croatia", 10), _goal(2, "France", 50))
    assert _run(monkeypatch, file, "--neutral", "--knockout", "--competition", "World Cup", "--json") == 0
    match = json.loads(capsys.readouterr().out)["match"]
    assert (match["competition"], match["neutral"], match["knockout"]) == ("World Cup", True, True)
    assert _run(monkeypatch, file, "--json") == 0
    match = json.loads(capsys.readouterr().out)["match"]
    assert (match["competition"], match["neutral"], match["knockout"]) == (None, False, False)
