"""Comparing models: the paired bootstrap, the challengers, and how an evaluation is shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matchcast.forecast.against import Challenged
from matchcast.forecast.archive import Archive, Matches
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import load_champion, save
from matchcast.forecast.bootstrap import of_matches
from matchcast.forecast.challengers import CHALLENGERS
from matchcast.forecast.comparison import compare
from matchcast.forecast.evaluate import as_other, evaluate
from matchcast.forecast.page import page
from matchcast.forecast.report import report
from matchcast.forecast.snapshots import MINUTES, goals_to_come, snapshots

SINCE = np.datetime64("2018-06-01")


@pytest.fixture(scope="module")
def matches(invented: Path) -> Matches:
    found = read_archive(invented).detailed
    assert found is not None
    return found


def _matchcast(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matchcast", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_the_bootstrap_draws_matches_whole() -> None:
    chance = np.random.default_rng(3)
    of_match = chance.normal(0.1, 1.0, 400)
    found = of_matches(np.repeat(of_match, 18), np.repeat(np.arange(400), 18))
    error = of_match.std() / np.sqrt(400)
    assert found.mean == pytest.approx(of_match.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert found == of_matches(np.repeat(of_match, 18), np.repeat(np.arange(400), 18))


def test_a_model_is_equal_to_itself_and_beats_one_that_knows_less(matches: Matches) -> None:
    taken = snapshots(matches)
    good = np.full((len(taken.match), 3), 0.2)
    good[np.arange(len(good)), taken.outcome] = 0.6
    even = np.full_like(good, 1 / 3)
    found = compare(good, {"itself": good, "even": even}, matches)
    assert found["itself"].holds
    assert found["itself"].near_best
    assert found["itself"].difference.high == 0.0
    assert found["even"].holds
    assert not found["even"].near_best
    worse = compare(even, {"good": good}, matches)["good"]
    assert not worse.holds
    assert worse.difference.low > 0


def test_goals_to_come_shrink_to_nothing_new(matches: Matches) -> None:
    to_come = goals_to_come(matches).reshape(-1, len(MINUTES), 2)
    assert (np.diff(to_come, axis=1) <= 0).all()
    assert (to_come >= 0).all()
    assert (to_come[:, 0] == matches.result()).all()


def test_every_challenger_forecasts_matches_that_it_did_not_see(invented: Path) -> None:
    archive = read_archive(invented)
    judged = evaluate(
        load_champion(), archive, since=np.datetime64("2015-01-01"), others=Challenged(archive).outside
    )
    international, detailed = judged["international"], judged["detailed"]
    assert international is None
    assert detailed is not None
    assert set(detailed.against) == set(CHALLENGERS)
    base = detailed.against["base rate"].log_loss
    for name in (
        "before the match alone",
        "minute x goal difference",
        "interaction logit",
        "Poisson, score state",
    ):
        assert detailed.against[name].log_loss < base, name
    shown, html = report("a model", judged), page("a model", judged)
    for name in CHALLENGERS:
        assert f"  {name} " in shown
        assert html.count(f">{name}</th>") == 1
    assert "its own before the match" not in html


def test_challengers_learn_nothing_from_what_they_forecast(matches: Matches) -> None:
    chance = np.random.default_rng(5)
    by_chance = replace(
        matches, goals=replace(matches.goals, side=chance.integers(0, 2, len(matches.goals.side)))
    )
    judged = evaluate(
        load_champion(),
        Archive(None, None, by_chance),
        others=Challenged(Archive(None, None, by_chance)).outside,
    )["detailed"]
    assert judged is not None
    before = judged.against["before the match alone"]
    assert before.log_loss > judged.against["base rate"].log_loss - 0.01


def test_another_model_is_rated_by_what_it_knew(invented: Path) -> None:
    archive = read_archive(invented)
    champion = load_champion()
    judged = evaluate(champion, archive, since=SINCE, others=as_other(champion, archive))["detailed"]
    assert judged is not None
    assert judged.against[champion.version].difference.mean == 0.0
    assert judged.against[champion.version].log_loss == judged.log_loss


def test_reliability_and_strength_gaps_count_every_forecast(invented: Path) -> None:
    judged = evaluate(load_champion(), read_archive(invented))["international"]
    assert judged is not None
    assert sum(bin_.forecasts for bin_ in judged.calibration) == 3 * judged.snapshots
    gaps = sum(abs(bin_.forecast - bin_.happened) * bin_.forecasts for bin_ in judged.calibration)
    assert gaps / (3 * judged.snapshots) == pytest.approx(judged.ece)
    assert sum(gap.matches for gap in judged.gaps.values()) == judged.matches


def test_the_command_compares_and_writes_a_page_that_needs_nothing_else(
    invented: Path, tmp_path: Path
) -> None:
    model, page = tmp_path / "model.json", tmp_path / "page.html"
    save(load_champion(), model)
    done = _matchcast("evaluate", "--data", invented, "--against", model, "--page", page, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    (compared,) = answer["international"]["against"].values()
    assert compared["difference"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    html = page.read_text()
    assert html.count("<svg") == 8
    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    assert "nan" not in html.lower()


def test_the_command_judges_how_models_are_made(invented: Path) -> None:
    done = _matchcast("evaluate", "--data", invented, "--held-out", "--against", "baselines")
    assert done.returncode == 0, done.stderr
    assert "North / South" in done.stdout
    assert "beaten" in done.stdout
    assert "interaction logit" in done.stdout


def test_the_command_says_what_it_cannot_do(invented: Path, tmp_path: Path) -> None:
    other = tmp_path / "none.json"
    for arguments, code in (
        (("--against", other), 1),
        (("--page", tmp_path / "no" / "page.html"), 1),
        (("--held-out", "--against", other), 2),
        (("--held-out", "--model", other), 2),
        (("--held-out", "--until", "2010-03-01"), 1),
    ):
        done = _matchcast("evaluate", "--data", invented, *arguments)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
