"""The registry as the pipeline sees it: the champion, its promotion, and who serves it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import urllib3
from msgspec import Struct

from matchcast.forecast.artefact import Artefact, load_champion, to_bytes
from matchcast.forecast.model_log import ModelLog
from matchcast.pipeline.challenge import Challenge
from matchcast.pipeline.errors import ChallengerGone, ChampionChanged, ModelNotServed
from matchcast.pipeline.topics import ensure_topic
from matchcast.settings import Settings
from matchcast.stream.topics import Topics

WHO = "retraining_pipeline"
PATIENCE = 30.0
"""Seconds in which every worker takes over a promoted model."""

_SERVED = re.compile(r'^matchcast_api_model_info\{version="([^"]+)"\} 1\.0$', re.MULTILINE)


class Promotion(Struct, frozen=True):
    """What came of a verdict: the champion now, and whether this run made it so."""

    champion: str
    promoted: bool
    reasons: list[str]


@contextmanager
def open_log(settings: Settings) -> Iterator[ModelLog]:
    """Open the log of models; its topic is made where it is missing.

    Raises:
        KafkaUnavailable: no broker answers.
    """
    topic = Topics(events=settings.events_topic).models
    ensure_topic(settings, topic)
    with ModelLog(settings.kafka_broker, topic) as log:
        yield log


def champion_of(log: ModelLog) -> Artefact:
    """Return the champion: the registry's, or the package's own where none was promoted."""
    registry = log.refresh()
    return load_champion() if registry.champion is None else registry.artefact(registry.champion)


def promote(settings: Settings, run: Challenge) -> Promotion:
    """Do what the verdict of a run says, once.

    Raises:
        ChampionChanged: another model is the champion than the one that was judged against.
    """
    verdict = run.verdict
    with open_log(settings) as log:
        champion = champion_of(log).version
        promoted = verdict.promote
        if promoted and champion != verdict.challenger:
            if champion != verdict.champion:
                raise ChampionChanged(verdict.champion, champion)
            why = "; ".join(verdict.reasons)
            added = log.add(to_bytes(run.challenger), who=WHO, why=why)
            champion = log.promote(added, who=WHO, why=why).version
    return Promotion(champion, promoted, verdict.reasons)


def verify(settings: Settings, run: Challenge, patience: float = PATIENCE) -> str:
    """See that every worker of every host's API serves the champion; return its version.

    Hosts are asked at once, so that it takes `patience` seconds and one answer's time at most.

    Raises:
        ChallengerGone: the run was to promote its challenger, and the champion is the one from before.
        ModelNotServed: one does not; a champion that this run made is rolled back.
    """
    verdict = run.verdict
    with open_log(settings) as log:
        champion = champion_of(log).version
        if verdict.promote and verdict.challenger is not None and champion == verdict.champion:
            raise ChallengerGone(verdict.challenger, champion)
        reason = _missing(addresses(settings), champion, patience)
        if reason is not None:
            back = None
            if verdict.promote and champion == verdict.challenger:
                back = log.roll_back(who=WHO, why=f"not served everywhere: {reason}").version
            raise ModelNotServed(champion, reason, back)
    return champion


def addresses(settings: Settings) -> list[str]:
    """Return where the model API of each host is."""
    named = [url.strip().rstrip("/") for url in (settings.api_urls or "").split(",") if url.strip()]
    return named or [settings.api_url.rstrip("/")]


def _missing(urls: Sequence[str], version: str, patience: float) -> str | None:
    """Wait until all serve a version and nothing else; return why some do not when time is up."""
    deadline = time.monotonic() + patience
    with ThreadPoolExecutor(len(urls)) as pool:
        while reasons := [one for one in pool.map(partial(_not_served, version), urls) if one is not None]:
            if time.monotonic() > deadline:
                return "; ".join(reasons)
            time.sleep(0.25)
    return None


def _not_served(version: str, url: str) -> str | None:
    """Return why a version is not the only one that the workers of an API serve; None: it is."""
    try:
        answer = urllib3.request(
            "GET", f"{url}/metrics", retries=False, timeout=5.0, headers={"Accept": "text/plain"}
        )
    except urllib3.exceptions.HTTPError as error:
        return f"the model API at {url} does not answer ({type(error).__name__})"
    if answer.status != 200:
        return f"the model API at {url} answers with status {answer.status}"
    served = set(_SERVED.findall(answer.data.decode("utf-8", "replace")))
    if served == {version}:
        return None
    return f"the workers of {url} serve {', '.join(sorted(served)) or 'no model'}"
