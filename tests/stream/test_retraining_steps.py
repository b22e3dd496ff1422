"""The steps of retraining_pipeline as Airflow runs them: killed, overtaken, and served by every host or by none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec.structs import replace
from tests.api.conftest import run as run_api
from tests.stream.test_pipeline_steps import NOWHERE, RENAMES, Steps, die_in
from tests.unit.forecast.conftest import invented

from matchcast.forecast.artefact import Artefact, load_champion, save, to_bytes
from matchcast.forecast.registry import Change, change_record, model_key, now
from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import write_matches
from matchcast.history.tables import Match
from matchcast.local.broker import Broker
from matchcast.pipeline.challenge import Assembled, Challenge, Verdict
from matchcast.pipeline.errors import ModelNotServed
from matchcast.pipeline.files import write_json
from matchcast.pipeline.registry import open_log, promote, verify
from matchcast.settings import Settings, load
from matchcast.stream.topics import catalogue, ensure_topics
from matchcast.stream.writer import EventWriter

__all__ = ["invented"]

BATCH = "b1"
WORKERS = 2
PACKAGED = load_champion()


def variant(intercept: float, trained_until: str = PACKAGED.card.trained_until) -> Artefact:
    """The package's champion with other goal rates."""
    rates = PACKAGED.goal_rates
    moved = {**rates.coefficients, "intercept": rates.coefficients["intercept"] + intercept}
    card = replace(PACKAGED.card, trained_until=trained_until)
    return replace(PACKAGED, goal_rates=replace(rates, coefficients=moved), card=card)


CHAMPION, CHALLENGER, ANOTHER = variant(0.5, "2017-07-01"), variant(-0.1), variant(0.1)


@pytest.fixture
def retraining(start_kafka: Callable[[], Broker], tmp_path: Path) -> Steps:
    """Steps on a broker of the test's own, where a weak model that learned until July 2017 is the champion."""
    settings = load(kafka_broker=start_kafka().bootstrap)
    crown(settings, CHAMPION)
    return Steps(settings, f"http://{NOWHERE}", tmp_path / "history")


def crown(settings: Settings, model: Artefact) -> None:
    with open_log(settings) as log:
        log.promote(log.add(to_bytes(model), who="test", why="as it was"), who="test", why="as it was")


def champion(settings: Settings) -> str | None:
    with open_log(settings) as log:
        return log.refresh().champion


def left_by_the_gate(history: HistoryFolder) -> Challenge:
    """Leave a run as the gate does that says: promote."""
    run = Challenge(history, BATCH)
    run.folder.mkdir(parents=True)
    save(CHAMPION, run.folder / "champion.json")
    save(CHALLENGER, run.folder / "challenger.json")
    write_json(run.folder / "assembled.json", Assembled(300, 0, "2018-06-01", None))
    write_json(
        run.folder / "verdict.json", Verdict(CHAMPION.version, CHALLENGER.version, True, ["it wins"], {})
    )
    return run


def test_a_history_of_simulated_matches_alone_keeps_the_champion_and_the_run_ends_well(
    retraining: Steps, tmp_path: Path
) -> None:
    match = Match("simulated", "t", "m", "detailed", "2026-01-01", "Arsenal", "Chelsea", 0, 0, goals=())
    write_matches(retraining.history.matches_of_batch("b0"), [match])
    (tmp_path / "api").mkdir()
    broker = retraining.settings.kafka_broker
    with run_api(tmp_path / "api" / "log", "--workers", str(WORKERS), MATCHCAST_KAFKA_BROKER=broker) as api:
        retraining.api_url = api.url
        for step in ("assemble", "train", "evaluate"):
            assert (
                "no real matches to learn from. Bring some: `matchcast history fetch`"
                in (retraining.succeed(step)["kept"])
            )
        gate = retraining.succeed("gate")
        assert (gate["promote"], gate["challenger"]) == (False, None)
        done = retraining.succeed("promote")
        assert (done["champion"], done["promoted"]) == (CHAMPION.version, False)
        assert "no real matches" in done["reasons"][0]
        assert retraining.succeed("verify")["champion"] == CHAMPION.version


@pytest.mark.timeout(900)
def test_retraining_that_is_killed_at_any_write_ends_with_the_same_verdict(
    retraining: Steps, invented: Path, tmp_path: Path
) -> None:
    fetch = [sys.executable, "-m", "matchcast", "history", "--history", str(retraining.history.path), "fetch"]
    subprocess.run([*fetch, "--data", str(invented)], check=True, capture_output=True)
    histories = die_in(retraining, "assemble", tmp_path / "assembled")
    assert len(histories) > 10
    found = [Challenge(history, BATCH) for history in histories]
    assert {(one.assembled.international, one.assembled.detailed) for one in found} == {(336, 224)}
    assert {(one.assembled.kept, one.champion.version) for one in found} == {(None, CHAMPION.version)}
    retraining.history = histories[0]
    judged = [
        Challenge(history, BATCH)
        for history in die_in(retraining, "train,gate", tmp_path / "judged", RENAMES)
    ]
    assert len(judged) == 3
    assert {one.verdict.challenger for one in judged} == {judged[-1].challenger.version}
    assert {one.verdict.promote for one in judged} == {judged[-1].verdict.promote}
    retraining.history = HistoryFolder(tmp_path / "judged" / "1")
    figures = retraining.succeed("evaluate")["figures"]["detailed"]
    assert figures["matches"] == 224
    assert {CHAMPION.version, "base rate", "Poisson, score state", "interaction logit"} <= set(
        figures["against"]
    )


# Ends itself at the Nth record that it is about to write to Kafka.
_DIES_WRITING = """
import os, signal, sys
from matchcast.pipeline.command import pipeline
from matchcast.stream.writer import EventWriter

last, written, write = int(sys.argv[1]), 0, EventWriter.write
def count(self, *arguments, **named):
    global written
    self.flush()
    written += 1
    if written == last:
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, *arguments, **named)
EventWriter.write = count
pipeline(sys.argv[2:], standalone_mode=False)
"""


def test_a_promotion_that_is_killed_at_any_write_is_made_once_when_it_is_run_again(
    retraining: Steps,
) -> None:
    left_by_the_gate(retraining.history)
    where = ["--history", str(retraining.history.path), "--kafka-broker", retraining.settings.kafka_broker]
    for last in (1, 2, 1):  # before the model, after it, before the promotion
        command = [sys.executable, "-c", _DIES_WRITING, str(last), *where, "promote", "--batch", BATCH]
        killed = subprocess.run(command, capture_output=True, timeout=120, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert champion(retraining.settings) == CHAMPION.version
    for _ in range(2):
        done = retraining.succeed("promote")
        assert (done["champion"], done["promoted"]) == (CHALLENGER.version, True)
    with open_log(retraining.settings) as log:
        changes = [taken.change for taken in log.refresh().changes]
    assert [one.version for one in changes if one.kind == "promote"] == [CHAMPION.version, CHALLENGER.version]


def test_a_promotion_that_another_overtook_fails_for_good_and_loses_nothing(retraining: Steps) -> None:
    run = left_by_the_gate(retraining.history)
    crown(retraining.settings, ANOTHER)
    failed = retraining.run("promote")
    assert failed.returncode == 3
    assert f"judged against {CHAMPION.version}, but {ANOTHER.version} is the champion by now" in failed.stderr
    assert "Try: run the pipeline anew" in failed.stderr
    assert champion(retraining.settings) == ANOTHER.version
    assert (run.challenger, run.champion) == (CHALLENGER, CHAMPION)
    assert run.verdict.promote


def refuse(settings: Settings, version: str) -> None:
    """Let a host's own log of models name a champion whose bytes are damaged."""
    ensure_topics(settings.kafka_broker, catalogue(settings))
    with EventWriter(settings.kafka_broker) as writer:
        writer.write("models", to_bytes(CHALLENGER)[:-30], key=model_key(version))
        key, value = change_record(Change("promote", version, "test", now(), "damaged on its way"))
        writer.write("models", value, key=key)


@pytest.mark.timeout(600)
def test_a_champion_that_one_host_does_not_serve_is_rolled_back_and_the_host_is_named(
    retraining: Steps, start_kafka: Callable[[], Broker], tmp_path: Path
) -> None:
    run = left_by_the_gate(retraining.history)
    broker = retraining.settings.kafka_broker
    brokers = {"a": broker, "b": broker, "deaf": NOWHERE, "refusing": start_kafka().bootstrap}
    refuse(load(kafka_broker=brokers["refusing"]), CHALLENGER.version)
    hosts: dict[str, Any] = {}
    urls = {"down": f"http://{NOWHERE}"}
    try:
        for name, of_host in brokers.items():
            (tmp_path / name).mkdir()
            hosts[name] = run_api(
                tmp_path / name / "log", "--workers", str(WORKERS), MATCHCAST_KAFKA_BROKER=of_host
            )
            urls[name] = hosts[name].__enter__().url
        refused = requests.get(f"{urls['refusing']}/model", timeout=10).json()["refused"]
        assert refused is None or refused["version"] == CHALLENGER.version
        for name in ("refusing", "deaf", "down"):
            settings = load(kafka_broker=broker, api_urls=f"{urls['a']}, {urls[name]}")
            assert promote(settings, run).promoted
            with pytest.raises(ModelNotServed) as failure:
                verify(settings, run, patience=8)
            assert urls[name] in failure.value.message
            assert urls["a"] not in failure.value.message, "that one serves it"
            assert f"{CHAMPION.version} is the champion again" in failure.value.message
            assert champion(settings) == CHAMPION.version
        both = {"MATCHCAST_API_URLS": f"{urls['a']},{urls['b']}"}
        retraining.succeed("promote")
        command = [sys.executable, "-m", "matchcast", "pipeline", "--history", str(retraining.history.path)]
        done = subprocess.run(
            [*command, "--kafka-broker", broker, "verify", "--batch", BATCH],
            capture_output=True, text=True, timeout=200, check=False, env={**os.environ, **both},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["champion"] == CHALLENGER.version
        for name in ("a", "b"):
            served = {requests.get(f"{urls[name]}/model", timeout=10).json()["version"] for _ in range(12)}
            assert served == {CHALLENGER.version}
    finally:
        for host in hosts.values():
            host.__exit__(None, None, None)


def test_a_verification_that_is_run_again_after_the_roll_back_fails_and_says_that_the_challenger_is_gone(
    retraining: Steps, tmp_path: Path
) -> None:
    run = left_by_the_gate(retraining.history)
    broker = retraining.settings.kafka_broker
    assert promote(retraining.settings, run).promoted
    with pytest.raises(ModelNotServed, match=f"{CHAMPION.version} is the champion again"):
        verify(load(kafka_broker=broker, api_url=f"http://{NOWHERE}"), run, patience=0)
    with run_api(tmp_path / "log", "--workers", "1", MATCHCAST_KAFKA_BROKER=broker) as api:
        retraining.api_url = api.url
        again = retraining.run("verify")
        assert again.returncode == 3, "the old champion is served, and that is not what the run was for"
        assert f"{CHALLENGER.version} was to be the champion, but {CHAMPION.version} is it" in again.stderr
        assert "Try: run the step promote again, or the pipeline anew" in again.stderr
        retraining.succeed("promote")
        assert retraining.succeed("verify")["champion"] == CHALLENGER.version
