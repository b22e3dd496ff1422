"""Where the parts are to be found: addresses that cannot be are refused before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchcast.local.folder import StateFolder
from matchcast.local.parts import Layout
from matchcast.settings import load
from matchcast.stream.errors import InvalidBrokerAddress


@pytest.mark.parametrize("broker", ["127.0.0.1:99999", "127.0.0.1:²", "localhost:-1", "nope", "", "a:b"])
def test_no_system_is_laid_out_around_a_broker_that_cannot_be(broker: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidBrokerAddress, match="is not the address of a Kafka broker"):
        Layout.of(load(kafka_broker=broker), StateFolder(tmp_path))


@pytest.mark.parametrize(
    ("broker", "own"),
    [("127.0.0.1:9092", True), ("localhost:9092", True), ("a.example:9092,b.example:9092", False)],
)
def test_the_broker_is_our_own_when_it_is_on_this_machine(broker: str, own: bool, tmp_path: Path) -> None:
    assert Layout.of(load(kafka_broker=broker), StateFolder(tmp_path)).own_kafka is own


def test_port_0_of_this_machine_becomes_a_free_one(tmp_path: Path) -> None:
    layout = Layout.of(load(kafka_broker="127.0.0.1:0"), StateFolder(tmp_path))
    assert layout.own_kafka
    assert layout.kafka_port > 0


@pytest.mark.parametrize(
    ("own", "history"), [(None, "state/history"), (Path("elsewhere"), "elsewhere")], ids=["default", "own"]
)
def test_all_parts_find_the_history_where_the_commands_by_hand_do(
    own: Path | None, history: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(kafka_broker="127.0.0.1:0", state_dir=Path("state"), history_dir=own)
    folder = StateFolder(settings.state_dir)
    folder.make()
    parts = Layout.of(settings, folder, with_airflow=False).parts()
    told = {part.environment["MATCHCAST_HISTORY_DIR"] for part in parts if part.name != "kafka"}
    assert told == {str(tmp_path / history)} == {str(settings.history_dir.absolute())}
