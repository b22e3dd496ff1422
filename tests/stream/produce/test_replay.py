"""Replays: real event files go through Kafka as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.stream.produce.conftest import Command, Run, matches_in, wait_until
from tests.unit.sources.samples import FILES

from matchcast.events.record import decode
from matchcast.local.broker import Broker
from matchcast.local.ports import free_port
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise

STATSBOMB = FILES / "statsbomb_3788741_event.json"
WYSCOUT = FILES / "wyscout_events_v2.json"


def fold(records: list[bytes]) -> Summary:
    state = MatchState("m")
    for record in records:
        assert state.apply(decode(record))
    return summarise(state)


def test_a_real_file_is_played_unchanged_but_for_its_match(own_kafka: Broker, run: Run) -> None:
    assert run("replay", str(STATSBOMB), "--speed", "max", "--home", "Turkey").wait() == 0
    ((match_id, records),) = matches_in(own_kafka.bootstrap).items()
    assert match_id == "statsbomb_3788741_event"
    played = [json.loads(record) for record in records]
    matches = [record.pop("match") for record in played]
    assert played[:-1] == json.loads(STATSBOMB.read_text())
    assert played[-1]["type"]["name"] == "Match End"
    assert matches[0]["home_team"] == "Turkey"
    summary = fold(records)
    assert (summary.score.home, summary.score.away, summary.status) == (0, 3, "finished")


def test_files_of_other_providers_are_played_too_as_the_match_that_they_are_said_to_be(
    own_kafka: Broker, run: Run
) -> None:
    final = ("--neutral", "--knockout", "--competition", "World Cup")
    assert run("replay", str(WYSCOUT), "--provider", "wyscout", "--speed", "max", *final).wait() == 0
    ((_, records),) = matches_in(own_kafka.bootstrap).items()
    summary = fold(records)
    assert (summary.score.home, summary.score.away) == (3, 2)
    match = summary.match
    assert (match.home_team, match.neutral, match.knockout) == ("Liverpool FC", True, True)
    assert match.competition == "World Cup"


def test_the_same_file_a_second_time_is_a_match_of_its_own(own_kafka: Broker, run: Run) -> None:
    arguments = ("replay", str(WYSCOUT), "--provider", "wyscout", "--speed", "max")
    assert run(*arguments).wait() == 0
    assert run(*arguments).wait() == 0
    found = matches_in(own_kafka.bootstrap)
    assert set(found) == {"wyscout_events_v2", "wyscout_events_v2_2"}
    assert {len(records) for records in found.values()} == {len(found["wyscout_events_v2"])}
    refused = run(*arguments, "--match-id", "wyscout_events_v2")
    assert refused.wait() == 1
    assert "was played already" in refused.output


def test_a_replay_that_was_killed_goes_on_where_it_stopped(own_kafka: Broker, run: Run) -> None:
    arguments = ("replay", str(WYSCOUT), "--provider", "wyscout", "--match-id", "final")
    replay = run(*arguments, "--speed", "300")
    wait_until(lambda: len(matches_in(own_kafka.bootstrap).get("final", [])) > 100)
    replay.kill()
    assert run(*arguments, "--speed", "max").wait() == 0
    ((match_id, records),) = matches_in(own_kafka.bootstrap).items()
    assert match_id == "final"
    assert fold(records).status == "finished"


def test_several_files_are_played_at_once(own_kafka: Broker, run: Run, tmp_path: Path) -> None:
    paths = []
    for number in (1, 2, 3):
        path = tmp_path / f"copy{number}.json"
        path.write_bytes(STATSBOMB.read_bytes())
        paths.append(str(path))
    assert run("replay", *paths, "--speed", "max").wait() == 0
    assert set(matches_in(own_kafka.bootstrap)) == {"copy1", "copy2", "copy3"}


@pytest.mark.parametrize("arguments", [["none.json"], ["x.json", "--provider", "fifa"]])
def test_bad_input_is_told_in_a_sentence_before_kafka_is_asked(tmp_path: Path, arguments: list[str]) -> None:
    command = Command("replay", *arguments, "--kafka-broker", "127.0.0.1:1", log=tmp_path / "log")
    assert command.wait() == 1
    assert "Traceback" not in command.output
    assert "Try: " in command.output


def test_a_broker_that_is_not_there_is_told_after_a_while(tmp_path: Path) -> None:
    command = Command("produce", "--kafka-broker", f"127.0.0.1:{free_port()}", log=tmp_path / "log")
    assert command.wait() == 1
    assert "does not answer" in command.output
    assert "Traceback" not in command.output


def test_an_address_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    command = Command("produce", "--kafka-broker", "nowhere", log=tmp_path / "log")
    assert command.wait() == 1
    assert "is not the address of a Kafka broker" in command.output
