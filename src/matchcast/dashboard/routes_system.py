"""How the system is: for probes, Prometheus, people, and the operator."""

from __future__ import annotations

import platform
import time
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, request
from msgspec.structs import asdict
from prometheus_client.exposition import choose_encoder

from matchcast import __version__
from matchcast.dashboard.answers import answer_json
from matchcast.dashboard.guards import operator_only
from matchcast.dashboard.probes import not_ready
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.site import current_site
from matchcast.live.service import LiveService
from matchcast.serving.release import running_release
from matchcast.settings import describe

blueprint = Blueprint("system", __name__)

RETRY_AFTER_SECONDS = 2


@blueprint.get("/health")
def health() -> Response:
    """Tell that the process is alive."""
    return answer_json({"status": "alive", "version": __version__, "release": running_release()})


@blueprint.get("/ready")
def ready() -> Response:
    """Tell whether the process has caught up with Kafka and may serve."""
    site = current_site()
    reason = "The dashboard is stopping." if site.broadcast.closing else not_ready(site.live)
    if reason is not None:
        raise Problem(503, reason, kind="not-ready", headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return answer_json({"status": "ready", "version": __version__, "matches": len(site.board.rows())})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Show the numbers of this process."""
    encode, media_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(current_site().metrics.registry), content_type=media_type)


@blueprint.get("/api/system/status")
def show_status() -> Response:
    """Show the state of each part, its reason and history; to the operator the configuration too."""
    site = current_site()
    return answer_json(
        {
            **site.monitor.as_json(time.time()),
            "dead_letters": _dead_letters(site.live),
            "drift": _drift(site.live),
            "versions": {
                "matchcast": __version__,
                "python": platform.python_version(),
                "confluent-kafka": version("confluent-kafka"),
                "flask": version("flask"),
                "gevent": version("gevent"),
            },
            "configuration": _configuration() if site.operator.is_logged_in() else None,
            "streams": {"open": site.broadcast.open_streams, "cap": site.broadcast.max_streams},
        }
    )


def _dead_letters(live: LiveService) -> dict[str, Any]:
    letters = live.dead_letters()
    newest = []
    for letter in letters.newest:
        topic, partition, offset = letter.key.rsplit("/", 2)
        newest.append(
            {
                "key": letter.key,
                "topic": topic,
                "partition": int(partition),
                "offset": int(offset),
                "reason": letter.reason,
                "at": letter.at,
                "size": letter.size,
            }
        )
    return {"count": letters.count, "newest": newest}


def _drift(live: LiveService) -> dict[str, Any]:
    """What is known of drift; `known` is false while the reports were not read yet."""
    drift = live.drift()
    if drift is None:
        return {"known": False, "origins": [], "damaged": []}
    return {
        "known": True,
        "origins": [{**asdict(one.report), "since": one.since} for one in drift.origins],
        "damaged": [{"key": key, "reason": reason} for key, reason in drift.damaged.items()],
    }


def _configuration() -> list[dict[str, str]]:
    names = ("name", "value", "origin", "description")
    return [dict(zip(names, setting, strict=True)) for setting in describe(current_site().settings)]


@blueprint.get("/api/dead-letters/<topic>/<int:partition>/<int:offset>")
@operator_only
def show_dead_letter(topic: str, partition: int, offset: int) -> Response:
    """Give the bytes of a record that could not be read, as they are."""
    found = current_site().live.dead_letter(f"{topic}/{partition}/{offset}")
    if found is None:
        raise Problem(
            404, f"There is no dead letter {topic}/{partition}/{offset}; it may have been sent again."
        )
    answer = Response(found, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{partition}-{offset}.bin"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
