"""Other providers' files: what is said when something is missing or wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.sources.samples import FILES

from matchcast.sources.errors import MissingCompanion, UnknownProvider, UnreadableFile
from matchcast.sources.read import read
from matchcast.sources.recording import Naming


def test_an_unknown_provider_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownProvider) as caught:
        read(tmp_path / "x.json", "fifa")
    assert "statsbomb" in str(caught.value.hint)
    assert "wyscout" in str(caught.value.hint)


@pytest.mark.parametrize("provider", ["opta", "statsperform", "metrica", "sportec", "impect"])
def test_a_provider_of_two_files_asks_for_the_second(provider: str) -> None:
    with pytest.raises(MissingCompanion) as caught:
        read(FILES / "opta_f24.xml", provider)
    assert "--companion" in str(caught.value.hint)


@pytest.mark.parametrize("provider", ["wyscout", "wyscout-v3", "datafactory"])
@pytest.mark.parametrize("contents", [b"", b"{}", b"[]", b"<xml/>", b'{"events": [{}], "teams": {}}'])
def test_what_is_not_the_providers_file_is_refused_with_a_sentence(
    tmp_path: Path, provider: str, contents: bytes
) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(contents)
    with pytest.raises(UnreadableFile) as caught:
        read(path, provider)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_file_that_does_not_name_its_teams_asks_for_them() -> None:
    naming = Naming(companion=FILES / "impect_lineups.json")
    with pytest.raises(UnreadableFile, match="does not say which teams play"):
        read(FILES / "impect_events.json", "impect", naming)


def test_a_file_whose_events_name_no_team_is_refused_with_a_sentence(tmp_path: Path) -> None:
    match = json.loads((FILES / "datafactory_events.json").read_text())
    recoveries = match["incidences"]["stealings"]
    for recovery in recoveries.values():
        recovery["team"] = None
        recovery.pop("plyrId", None)
    match["incidences"] = {
        kind: events if kind in ("status", "stealings") else {}
        for kind, events in match["incidences"].items()
    }
    path = tmp_path / "match.json"
    path.write_text(json.dumps(match))
    with pytest.raises(UnreadableFile, match="none of its events names a team"):
        read(path, "datafactory")


def test_the_user_tells_of_other_providers_matches_what_their_files_do_not() -> None:
    naming = Naming(competition="World Cup", neutral=True, knockout=True)
    match = read(FILES / "wyscout_events_v2.json", "wyscout", naming).match
    assert (match.competition, match.neutral, match.knockout) == ("World Cup", True, True)


def test_kloppy_is_imported_only_for_files_that_need_it() -> None:
    code = "import sys, matchcast.sources.read; sys.exit('kloppy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
