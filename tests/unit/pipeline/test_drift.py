"""Drift through the pipeline's own path: matches that the stream brought, their snapshots, their forecasts.

The matches are synthetic: the simulator's rates played forward, without the events in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from matchcast.forecast.artefact import load_champion
from matchcast.forecast.drift_report import DriftReport, Origin
from matchcast.forecast.model import GoalRateForecaster
from matchcast.history.errors import HistoryBusy, HistoryDamaged
from matchcast.history.files import DRIFT, HistoryFolder
from matchcast.history.parquet import write_matches, write_rows
from matchcast.history.tables import Card, Goal, Match, Shot, Side
from matchcast.pipeline.drift import BLOCK, REFERENCE_BLOCKS, look_for_drift, report
from matchcast.pipeline.features import FEATURES, Snapshot, situation_of, snapshots_of
from matchcast.pipeline.files import BatchFiles
from matchcast.pipeline.observations import (
    REMEMBERED,
    Observation,
    Record,
    observations_of,
    read_record,
    write_record,
)
from matchcast.pipeline.scoring import FORECASTS, Scored
from matchcast.simulate.play import Kind, play
from matchcast.stream.errors import KafkaUnavailable

SIDES: tuple[Side, Side] = ("home", "away")
FIXTURES = 100
LOOKED_AT = 250
"""Matches between two looks: far more than a run brings, so that the test ends in time."""

FORECASTER = GoalRateForecaster(load_champion())


def played(
    seed: int, count: int, *, home: float = 1.0, away: float = 1.0, origin: str = "live", name: str = ""
) -> list[Match]:
    """Matches of fixtures with strengths that the model knows; `home` and `away` are what it does not know."""
    gaps = np.resize(np.random.default_rng(77).normal(0.18, 0.45, FIXTURES), count)
    strengths = np.column_stack((1.38 * np.exp(gaps / 2), 1.26 * np.exp(-gaps / 2)))
    chance = np.random.default_rng(seed)
    told = play(strengths * [home, away], chance)
    goals: list[list[Goal]] = [[] for _ in range(count)]
    reds: list[list[Card]] = [[] for _ in range(count)]
    for match, period, second, side, kind in zip(
        told.match.tolist(), told.period.tolist(), told.second.tolist(), told.side.tolist(), told.kind.tolist(),
        strict=True,
    ):  # fmt: skip
        clock = 45 * (period - 1) + second / 60
        if Kind(kind).is_goal:
            goals[match].append(Goal(period, clock, SIDES[side], kind == Kind.OWN_GOAL))
        else:
            reds[match].append(Card(period, clock, SIDES[1 - side], "red"))
    shots = chance.poisson(23.6, count)
    return [
        Match(
            origin=origin,
            source="topic",
            match_id=f"{name or seed}_{number:06}",
            kind="detailed",
            date="2026-01-01",
            home_team=f"Home {number % FIXTURES}",
            away_team=f"Away {number % FIXTURES}",
            home_goals=int(told.score[number, 0]),
            away_goals=int(told.score[number, 1]),
            home_goals_90=int(told.score_at_90[number, 0]),
            away_goals_90=int(told.score_at_90[number, 1]),
            strengths_home=float(strengths[number, 0]),
            strengths_away=float(strengths[number, 1]),
            goals=tuple(goals[number]),
            cards=tuple(reds[number]),
            shots=tuple(Shot(1, 1.0, "home", 0.1, goal=False, on_target=False) for _ in range(shots[number])),
        )
        for number in range(count)
    ]


def score(snapshots: list[Snapshot]) -> list[Scored]:
    """What the model API answers, asked without HTTP."""
    outcomes = FORECASTER.outcomes([situation_of(one) for one in snapshots])
    return [
        Scored(one.source, one.match_id, one.minute, *outcome, one.result, FORECASTER.version,
               one.strengths_home, one.strengths_away)
        for one, outcome in zip(snapshots, outcomes, strict=True)
    ]  # fmt: skip


def observe(matches: list[Match]) -> dict[Origin, list[Observation]]:
    snapshots = snapshots_of(matches)
    return observations_of(matches, snapshots, score(snapshots))


def watch(matches: list[Match], record: Record) -> list[DriftReport]:
    """Look after every `LOOKED_AT` matches; return all that was reported."""
    reports = []
    for origin, rows in observe(matches).items():
        coming = iter(rows)
        while some := list(islice(coming, LOOKED_AT)):
            record.take(some)
            reports.append(report(record, origin, "b"))
    return reports


def look(files: BatchFiles) -> dict[Origin, DriftReport]:
    """Look for drift where whoever is told hears it."""
    return look_for_drift(files, lambda _: None)


def fired(reports: list[DriftReport]) -> set[str]:
    return {sign.name for one in reports for sign in one.signs if sign.fires}


def test_a_fall_of_home_wins_like_that_of_2020_fires_and_stays_until_the_next_block() -> None:
    before = played(101, 3 * BLOCK, home=1.08, away=0.95, name="a")
    after = played(102, BLOCK, home=0.92, away=1.08, name="b")
    won = [np.mean([one.home_goals > one.away_goals for one in some]) for some in (before, after)]
    assert won == [pytest.approx(0.486, abs=0.015), pytest.approx(0.399, abs=0.015)]
    record = Record()
    assert not any(one.drifted for one in watch(before, record))
    reports = watch(after, record)
    assert [one.drifted for one in reports] == [False] * (BLOCK // LOOKED_AT - 1) + [True]
    assert "home wins" in fired(reports)
    assert (reports[-1].matches, reports[-1].reference) == (BLOCK, 3 * BLOCK)
    part = watch(played(103, LOOKED_AT, home=0.92, away=1.08, name="c"), record)
    assert part[-1].drifted


def test_of_blocks_that_became_whole_in_one_batch_the_worst_is_told_until_the_next_one(run: Run) -> None:
    fall = [
        *played(101, 3 * BLOCK, home=1.08, away=0.95, name="a"),
        *played(102, BLOCK, home=0.92, away=1.08, name="b"),
        *played(104, BLOCK, home=1.08, away=0.95, name="c"),
    ]
    backlog = run.batch("b1", fall)
    found = look(backlog)["real"]
    assert found.drifted
    assert "home wins" in fired([found])
    assert (found.matches, found.reference) == (BLOCK, 3 * BLOCK)
    assert look(backlog)["real"].signs == found.signs, "whoever looks again is told the same"
    one_more = run.batch("b2", played(105, 1, name="d"))
    assert look(one_more)["real"].signs == found.signs, "no block became whole since"
    next_one = run.batch("b3", played(106, BLOCK, home=1.04, away=0.98, name="e"))
    assert look(next_one)["real"].reference == 5 * BLOCK


def test_an_alarm_that_could_not_be_told_is_told_by_the_run_that_makes_the_next_block_whole(run: Run) -> None:
    look(run.batch("b1", played(101, 3 * BLOCK, home=1.08, away=0.95, name="a")))
    unheard = run.batch("b2", played(102, BLOCK, home=0.92, away=1.08, name="b"))
    for _ in range(2):  # a run, and its second try
        with pytest.raises(KafkaUnavailable):
            look_for_drift(unheard, _meet_no_broker)
    calm = run.batch("b3", played(104, BLOCK, home=1.08, away=0.95, name="c"))
    told: list[DriftReport] = []
    look_for_drift(calm, told.extend)
    assert [(one.drifted, one.reference) for one in told] == [(True, 3 * BLOCK)]
    assert "home wins" in fired(told)
    assert look(run.batch("b4", played(105, 1, name="d")))["real"].drifted, "no block became whole since"
    after = look(run.batch("b5", played(106, BLOCK, home=1.04, away=0.98, name="e")))["real"]
    assert (after.drifted, after.reference) == (False, 5 * BLOCK), "each is told once"


def _meet_no_broker(_reports: Iterable[DriftReport]) -> None:
    raise KafkaUnavailable("127.0.0.1:1", "connection refused")


def test_a_late_event_on_a_match_that_was_let_go_counts_it_no_second_time(run: Run) -> None:
    old = played(12, 2, name="old")
    look(run.batch("b1", old))
    kept = run.history.path / "drift/observed/real.json"
    record = read_record(kept)
    for number in range((REFERENCE_BLOCKS + 2) * BLOCK):
        record.matches.append(replace(record.matches[0], match_id=str(number)))
    write_record(kept, record)
    look(run.batch("b2", played(13, 1, name="new")))
    count = len(read_record(kept).matches)
    assert count == (REFERENCE_BLOCKS + 1) * BLOCK + 3, "the oldest block was let go"
    look(run.batch("b3", [replace(old[0], home_goals_90=9), *played(14, 1, name="newer")]))
    assert len(read_record(kept).matches) == count + 1


def test_what_is_remembered_of_matches_that_were_let_go_is_bounded() -> None:
    (row,) = observe(played(15, 1))["real"]
    record = Record(matches=[replace(row, match_id=str(number)) for number in range(REMEMBERED + 10)])
    record.forget(REMEMBERED + 5)
    assert len(record.let_go) == 8 * REMEMBERED
    record.take([replace(row, match_id=str(number)) for number in range(4, REMEMBERED + 10)])
    assert [one.match_id for one in record.matches] == [
        *(str(number) for number in range(REMEMBERED + 5, REMEMBERED + 10)),
        "4",
    ]


@pytest.mark.parametrize("seed", range(1, 21))
def test_the_simulator_s_own_seeds_do_not_fire_however_often_they_are_looked_at(seed: int) -> None:
    reports = watch(played(seed, 3 * BLOCK, origin="simulated"), Record())
    assert len(reports) == 3 * BLOCK // LOOKED_AT
    assert fired(reports) == set()
    assert (reports[-1].origin, reports[-1].matches, reports[-1].reference) == ("simulated", BLOCK, 2 * BLOCK)


class Run:
    """Batches whose matches are scored, in a history of their own."""

    def __init__(self, folder: Path) -> None:
        self.history = HistoryFolder(folder)

    def batch(self, name: str, matches: list[Match]) -> BatchFiles:
        files = BatchFiles(self.history, name)
        write_matches(files.matches, matches)
        snapshots = snapshots_of(matches)
        write_rows(files.features, FEATURES, snapshots)
        write_rows(files.forecasts, FORECASTS, score(snapshots))
        return files


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_simulated_matches_are_looked_at_apart_and_replays_not_at_all(run: Run) -> None:
    kinds = {"live": 3, "wyscout": 2, "simulated": 4, "replay": 6}
    matches = [one for kind, count in kinds.items() for one in played(5, count, origin=kind, name=kind)]
    reports = look(run.batch("b1", matches))
    assert {origin: one.matches for origin, one in reports.items()} == {"real": 5, "simulated": 4}
    assert {(one.drifted, one.reference, len(one.signs)) for one in reports.values()} == {(False, 0, 0)}
    assert {one.model_version for one in reports.values()} == {FORECASTER.version}


def test_a_batch_that_is_looked_at_again_counts_once_also_where_a_late_event_folds_a_match_anew(
    run: Run,
) -> None:
    first = run.batch("b1", played(6, 3))
    assert look(first)["real"].matches == 3
    again = look(first)
    assert again["real"].matches == 3
    late = [replace(played(6, 3)[0], home_goals_90=9), *played(7, 2)]
    assert look(run.batch("b2", late))["real"].matches == 5
    assert look(first)["real"].matches == 5


def test_what_no_block_is_judged_beside_any_more_is_let_go(run: Run) -> None:
    matches = played(8, 1)
    (row,) = observe(matches)["real"]
    record = Record(matches=[])
    for number in range((REFERENCE_BLOCKS + 3) * BLOCK):
        record.matches.append(replace(row, match_id=str(number)))
    kept = run.history.path / "drift/observed/real.json"
    run.batch("b1", matches)
    write_record(kept, record)
    found = look(BatchFiles(run.history, "b1"))["real"]
    assert (found.matches, found.reference) == (BLOCK, REFERENCE_BLOCKS * BLOCK)
    after = read_record(kept)
    assert after.matches[0].match_id == str(2 * BLOCK)
    assert after.matches[-1].match_id == matches[0].match_id


def test_two_looks_at_once_are_refused_and_a_damaged_record_is_told(run: Run) -> None:
    files = run.batch("b1", played(9, 2))
    with run.history.locked(DRIFT), pytest.raises(HistoryBusy):
        look(files)
    look(files)
    kept = run.history.path / "drift/observed/real.json"
    kept.write_bytes(kept.read_bytes()[:-9])
    with pytest.raises(HistoryDamaged, match=r"real\.json cannot be read"):
        look(files)


def test_a_batch_without_matches_says_what_was_known_before(run: Run) -> None:
    assert look(run.batch("b1", [])) == {}
    look(run.batch("b2", played(10, 2)))
    assert look(run.batch("b3", []))["real"].matches == 2


def test_strengths_come_from_the_model_where_the_match_tells_none() -> None:
    unrated = [replace(one, strengths_home=None, strengths_away=None) for one in played(11, 2)]
    snapshots = snapshots_of(unrated)
    expected = FORECASTER.forecast(situation_of(snapshots[0])).strengths
    scored = [
        replace(one, strengths_home=expected.home, strengths_away=expected.away) for one in score(snapshots)
    ]
    rows = observations_of(unrated, snapshots, scored)["real"]
    assert rows[0].gap == pytest.approx(np.log(expected.home / expected.away))
    assert observe(unrated) == {}
