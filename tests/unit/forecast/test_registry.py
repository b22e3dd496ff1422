"""The registry: a log that is folded to the champion, and models on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from matchcast.forecast.artefact import Artefact, load_champion, to_bytes
from matchcast.forecast.errors import DamagedModel, NotInRegistry
from matchcast.forecast.model_cache import KEPT, ModelCache
from matchcast.forecast.registry import Change, Registry, Standing, change_record, model_key


def _model(number: int) -> Artefact:
    packaged = load_champion()
    return replace(packaged, card=replace(packaged.card, notes=[f"number {number}"]))


PACKAGED, FIRST, SECOND = _model(0), _model(1), _model(2)


def _change(kind: str, version: str, replaces: str | None = None) -> Change:
    return Change(kind, version, "tester", "2026-01-01T12:00:00.000+00:00", "a test", replaces)  # type: ignore[arg-type]


def _registry(*changes: Change) -> Registry:
    registry = Registry()
    for model in (PACKAGED, FIRST, SECOND):
        registry.take(model_key(model.version), to_bytes(model))
    for change in changes:
        registry.take(*change_record(change))
    return registry


PROMOTED = _change("promote", FIRST.version, PACKAGED.version)


def test_without_a_promotion_there_is_no_champion_but_the_package_s() -> None:
    registry = _registry(_change("add", FIRST.version))
    assert registry.champion is None
    assert registry.before_champion is None
    assert {standing for _, standing in registry.models()} == {Standing.CHALLENGER}


def test_a_promotion_makes_a_champion_and_the_log_says_who_when_and_why() -> None:
    registry = _registry(PROMOTED)
    assert registry.champion == FIRST.version
    assert registry.artefact(FIRST.version) == FIRST
    assert dict(registry.models()) == {
        PACKAGED.version: Standing.FORMER,
        FIRST.version: Standing.CHAMPION,
        SECOND.version: Standing.CHALLENGER,
    }
    (taken,) = registry.changes
    assert (taken.change.who, taken.change.why, taken.without_effect) == ("tester", "a test", None)


def test_roll_backs_go_through_the_champions_in_turn() -> None:
    registry = _registry(
        PROMOTED,
        _change("promote", SECOND.version, FIRST.version),
        _change("roll_back", FIRST.version, SECOND.version),
    )
    assert (registry.champion, registry.before_champion) == (FIRST.version, PACKAGED.version)
    registry.take(*change_record(_change("roll_back", PACKAGED.version, FIRST.version)))
    assert (registry.champion, registry.before_champion) == (PACKAGED.version, None)


def test_of_two_who_replace_the_same_champion_the_first_wins() -> None:
    registry = _registry(PROMOTED, _change("promote", SECOND.version, PACKAGED.version))
    assert registry.champion == FIRST.version
    assert registry.changes[-1].without_effect is not None


def test_a_roll_back_to_what_was_never_champion_has_no_effect() -> None:
    registry = _registry(PROMOTED, _change("roll_back", SECOND.version, FIRST.version))
    assert registry.champion == FIRST.version
    assert "before" in str(registry.changes[-1].without_effect)


def test_a_model_is_never_overwritten_and_a_damaged_one_can_be_mended() -> None:
    registry = _registry(PROMOTED)
    registry.take(model_key(FIRST.version), to_bytes(SECOND))
    assert registry.artefact(FIRST.version) == FIRST
    fresh = Registry()
    fresh.take(model_key(FIRST.version), to_bytes(FIRST)[:-40])
    with pytest.raises(DamagedModel):
        fresh.artefact(FIRST.version)
    fresh.take(model_key(FIRST.version), to_bytes(FIRST))
    assert fresh.artefact(FIRST.version) == FIRST


def test_a_sound_model_under_another_s_name_is_refused() -> None:
    registry = Registry()
    registry.take(model_key(FIRST.version), to_bytes(SECOND))
    with pytest.raises(DamagedModel, match="is kept as"):
        registry.artefact(FIRST.version)


def test_what_is_not_of_the_registry_is_passed_over() -> None:
    registry = _registry(PROMOTED)
    for key, value in (
        (None, b"x"),
        (b"change/x", b"{"),
        (b"model/x", None),
        (b"other", b"x"),
        (b"\xff", b""),
    ):
        registry.take(key, value)
    assert registry.champion == FIRST.version
    with pytest.raises(NotInRegistry):
        registry.data("x")


def test_a_model_on_disk_is_what_was_kept(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "models")
    assert cache.champion() is None
    cache.keep_champion(FIRST)
    cache.keep_champion(SECOND)
    assert ModelCache(tmp_path / "models").champion() == SECOND


def test_a_model_that_was_altered_on_disk_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = ModelCache(tmp_path)
    cache.keep_champion(FIRST)
    (file,) = tmp_path.glob("*.model.json")
    file.write_bytes(to_bytes(SECOND))
    assert cache.champion() is None
    (tmp_path / "champion.json").write_text('{"version": "../../elsewhere"}')
    assert cache.champion() is None
    assert "refused" in caplog.text


def test_a_disk_keeps_few_models_and_no_pieces(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    for number in range(KEPT + 3):
        model = _model(number)
        cache.keep_champion(model)
        os.utime(tmp_path / f"{model.version}.model.json", (number, number))
    assert cache.champion() == _model(KEPT + 2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len([name for name in names if name.endswith(".model.json")]) == KEPT
    assert len(names) == KEPT + 1


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    cache = ModelCache(tmp_path / "models")
    cache.keep_champion(FIRST)
    assert cache.champion() is None
