"""Training and evaluation on invented matches, by function and by command."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import Artefact, load, load_champion
from matchcast.forecast.challengers import CHALLENGERS
from matchcast.forecast.contract import check_forecaster
from matchcast.forecast.errors import UnusableHistory
from matchcast.forecast.evaluate import evaluate
from matchcast.forecast.learning import learn
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation
from matchcast.forecast.train import rated_sets, train


@pytest.fixture(scope="module")
def model(invented: Path) -> Artefact:
    return train(read_archive(invented).between(None, np.datetime64("2018-06-01")))


def _matchcast(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matchcast", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


def test_a_trained_model_holds_the_contract(model: Artefact) -> None:
    assert check_forecaster(GoalRateForecaster(model)) == []


def test_it_knows_who_is_strong(model: Artefact) -> None:
    forecaster = GoalRateForecaster(model)
    assert forecaster.outcome(Situation("Nation 7", "Nation 0")).home > 0.7
    assert forecaster.outcome(Situation("North Club 0", "South Club 7")).away > 0.5


def test_it_beats_its_baselines_on_matches_it_did_not_see(model: Artefact, invented: Path) -> None:
    judged = evaluate(model, read_archive(invented), since=np.datetime64("2018-06-01"))
    detailed = judged["detailed"]
    assert judged["international"] is None
    assert detailed is not None
    assert detailed.known == 0
    assert detailed.log_loss < min(figures.log_loss for figures in detailed.baselines.values())


def test_the_card_has_figures_of_matches_held_back(model: Artefact) -> None:
    assert model.card.trained_until == "2018-06-01"
    assert model.card.metrics["detailed"]["held_back"] == "North / South"
    assert model.card.metrics["detailed"]["known"] == 0
    assert set(model.card.metrics["detailed"]["baselines"]) == {"pre_match", "minute_by_lead", "base_rate"}


def test_rates_are_learned_from_the_last_ten_years_and_the_table_from_all(invented: Path) -> None:
    played = next(
        rated for rated in rated_sets(read_archive(invented)) if rated.matches.name == "international"
    )
    matches = played.matches
    long_ago = np.arange(len(matches)) < len(matches) // 2
    days = np.where(long_ago, matches.days - np.timedelta64(12 * 365, "D"), matches.days)
    aged = replace(played, matches=replace(matches, days=days))
    of_all, of_recent = learn([aged]), learn([aged.only(~long_ago)])
    assert of_all.goal_rates == of_recent.goal_rates
    assert of_all.national == of_recent.national
    assert of_all.baselines != of_recent.baselines
    assert learn([played]).goal_rates != of_recent.goal_rates


def test_training_twice_gives_the_same_model(model: Artefact, invented: Path) -> None:
    again = train(read_archive(invented).between(None, np.datetime64("2018-06-01")))
    assert again.goal_rates == model.goal_rates
    assert again.ratings == model.ratings


def test_a_folder_with_one_set_alone_will_do(invented: Path, tmp_path: Path) -> None:
    for path in invented.glob("detailed_*"):
        shutil.copy(path, tmp_path)
    detailed_alone = train(read_archive(tmp_path))
    assert check_forecaster(GoalRateForecaster(detailed_alone)) == []
    assert list(evaluate(detailed_alone, read_archive(invented))) == ["international", "detailed"]


def test_too_few_matches_are_refused(invented: Path) -> None:
    with pytest.raises(UnusableHistory, match="fewer than 200"):
        train(read_archive(invented).between(None, np.datetime64("2010-06-01")))


def test_the_future_of_a_folder_does_not_change_the_figures_of_its_past(
    invented: Path, tmp_path: Path
) -> None:
    champion = load_champion()
    until = np.datetime64("2011-06-01")
    whole = evaluate(champion, read_archive(invented), until=until)
    cut = evaluate(champion, read_archive(invented).between(None, until))
    assert whole["international"] == cut["international"]


def test_a_history_that_begins_after_the_model_is_rated_from_its_ratings_on(
    model: Artefact, invented: Path
) -> None:
    later = read_archive(invented).between(np.datetime64("2018-06-01"), None)
    judged = evaluate(model, later)["detailed"]
    blank = evaluate(load_champion(), later)["detailed"]
    assert judged is not None
    assert blank is not None
    assert judged.baselines["pre_match"].log_loss < blank.baselines["pre_match"].log_loss


def test_the_commands_train_and_judge(invented: Path, tmp_path: Path) -> None:
    output = tmp_path / "model.json"
    done = _matchcast("train", "--data", invented, "--until", "2018-06-01", "--output", output, "--compare")
    assert done.returncode == 0, done.stderr
    assert load(output).version in done.stdout
    assert "gradient boosting + temperature" in load(output).card.metrics["detailed"]["against"]
    assert re.search(
        r"^Of the contract linear logit breaks: .*mirrors on neutral ground", done.stderr, re.MULTILINE
    )
    assert done.stderr.count("Of the contract ") == len(CHALLENGERS)
    assert "It may not serve" not in done.stderr
    assert f"`matchcast evaluate --data {invented} --model {output}`" in done.stderr.splitlines()[-1]
    assert f"`MATCHCAST_MODEL={output} matchcast api`" in done.stderr.splitlines()[-1]
    text = _matchcast("evaluate", "--data", invented, "--since", "2018-06-01", "--model", output)
    assert text.returncode == 0, text.stderr
    assert text.stderr.startswith(f"judging {load(output).version}, {output}\n")
    assert "this model" in text.stdout
    assert "base rate" in text.stdout
    asked = _matchcast("evaluate", "--data", invented, "--model", output, "--json")
    answer = json.loads(asked.stdout)
    for name, matches in (("international", 336), ("detailed", 224)):
        assert answer[name]["matches"] == matches
        assert {"log_loss", "brier", "rps", "ece", "ece_75", "bands", "baselines"} <= set(answer[name])


def test_the_commands_fail_with_one_sentence_and_a_way_out(invented: Path, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    for arguments in (
        ("evaluate", "--data", invented, "--model", tmp_path / "model.json"),
        ("evaluate", "--data", invented, "--since", "2031-01-01"),
        ("train", "--data", invented, "--until", "1950-01-01"),
        ("train", "--data", invented, "--output", tmp_path / "no" / "such" / "folder.json"),
    ):
        done = _matchcast(*arguments)
        assert done.returncode == 1, arguments
        assert "Traceback" not in done.stderr
        assert "Try: " in done.stderr
    assert _matchcast("evaluate", "--since", "soon").returncode == 2


@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_without_data_one_learns_how_to_name_and_to_make_the_folder(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _matchcast(command)
    assert done.returncode == 1
    assert "data is no folder" in done.stderr
    assert "--data DIR" in done.stderr
    assert "matchcast history export DIR" in done.stderr


def test_internationals_of_long_ago_are_no_reason_not_to_learn_from_the_rest(
    invented: Path, tmp_path: Path
) -> None:
    for file in invented.iterdir():
        opened = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8") as read:
            text = read.read()
        if file.name.startswith("international"):
            text = re.sub(r"\b20(\d\d-\d\d-\d\d)", r"19\1", text)
        (tmp_path / file.name.removesuffix(".gz")).write_text(text, encoding="utf-8")
    model = train(read_archive(tmp_path))
    assert set(model.card.metrics) == {"detailed"}
    assert check_forecaster(GoalRateForecaster(model)) == []
