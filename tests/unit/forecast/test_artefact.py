"""Model files: what is written is read again, what was damaged is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from matchcast.forecast.artefact import Artefact, from_bytes, load, load_champion, save, to_bytes
from matchcast.forecast.errors import BrokenContract, DamagedModel
from matchcast.forecast.models_command import models


@pytest.fixture(scope="module")
def model() -> Artefact:
    return load_champion()


def _resealed(model: Artefact, change: Any) -> bytes:
    """A file with other contents and the hash that belongs to them: damage that a hash cannot show."""
    return to_bytes(change(model))


def test_a_model_is_read_as_it_was_written(model: Artefact, tmp_path: Path) -> None:
    save(model, tmp_path / "model.json")
    again = load(tmp_path / "model.json")
    assert again == model
    assert again.version == model.version
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_the_version_names_the_contents(model: Artefact) -> None:
    other = replace(model, card=replace(model.card, made_on="1999-01-01"))
    assert model.sha256[:12] in model.version
    assert other.version != model.version


def test_the_packaged_champion_is_small_and_carries_its_attribution(model: Artefact) -> None:
    assert len(to_bytes(model)) < 100_000
    licences = {source.name: source.licence for source in model.card.data}
    assert licences == {
        "martj42/international_results": "CC0 1.0",
        "Wyscout open data": "CC BY 4.0",
        "FiveThirtyEight soccer predictions": "CC BY 4.0",
    }
    assert all(source.attribution and source.matches > 0 for source in model.card.data)
    assert model.card.metrics["international"]["log_loss"] < 0.64


def test_an_altered_number_is_noticed(model: Artefact) -> None:
    altered = to_bytes(model).replace(b'"men_more": 0.4', b'"men_more": 0.5')
    with pytest.raises(DamagedModel, match="altered") as caught:
        from_bytes(altered, "model.json")
    assert caught.value.hint


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\x80\x04K\x01.", b'{"sha256": "x", "model": {}}'])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedModel, match="no model that can be read"):
        from_bytes(data)


def test_half_a_file_is_refused(model: Artefact) -> None:
    whole = to_bytes(model)
    with pytest.raises(DamagedModel):
        from_bytes(whole[: len(whole) // 2])


def test_a_model_of_another_schema_is_refused_by_its_number(model: Artefact) -> None:
    with pytest.raises(DamagedModel, match="schema 99"):
        from_bytes(to_bytes(replace(model, schema=99)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: replace(m, goal_rates=replace(m.goal_rates, club_shares=(0.5, 0.5))), "20 numbers"),
        (lambda m: replace(m, goal_rates=replace(m.goal_rates, club_shares=(0.04,) * 20)), "sum to 1"),
        (lambda m: replace(m, goal_rates=replace(m.goal_rates, coefficients={})), "coefficients"),
        (
            lambda m: replace(
                m,
                goal_rates=replace(m.goal_rates, coefficients={**m.goal_rates.coefficients, "men_more": 1e9}),
            ),
            "out of range",
        ),
        (lambda m: replace(m, projections=replace(m.projections, slope=-7.0)), "scale"),
    ],
)
def test_values_that_no_fit_could_give_are_refused(model: Artefact, change: Any, said: str) -> None:
    with pytest.raises(DamagedModel, match=said):
        from_bytes(_resealed(model, change))


def test_a_model_that_breaks_the_contract_is_not_added_to_the_registry(
    model: Artefact, tmp_path: Path
) -> None:
    liking_red_cards = {**model.goal_rates.coefficients, "men_more": -0.4, "men_fewer": 0.4}
    rates = replace(model.goal_rates, coefficients=liking_red_cards)
    save(replace(model, goal_rates=rates), tmp_path / "model.json")
    done = CliRunner().invoke(models, ["add", str(tmp_path / "model.json"), "--why", "a slip"])
    assert isinstance(done.exception, BrokenContract)
    assert "a red card of the home team helps it" in done.exception.message
    assert done.exception.hint


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DamagedModel, match="cannot be read"):
        load(tmp_path / "none.json")


def test_the_file_is_plain_json(model: Artefact) -> None:
    assert set(json.loads(to_bytes(model))) == {"sha256", "model"}
