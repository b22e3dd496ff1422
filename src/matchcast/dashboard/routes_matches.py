"""The running matches as JSON: what the page asks when it has no stream, and what it asks for."""

from __future__ import annotations

from flask import Blueprint, Response, request, session
from msgspec import Struct

from matchcast.dashboard.answers import answer_changing, answer_json, encode, read_json
from matchcast.dashboard.guards import operator_acts
from matchcast.dashboard.pictures import Picture
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.site import current_site
from matchcast.events.record import Name

blueprint = Blueprint("matches", __name__, url_prefix="/api")

MOST_EVENTS = 200
MOST_DIGITS = 9


class _Selection(Struct):
    match_id: Name


class _NewMatch(Struct):
    home_team: Name | None = None
    away_team: Name | None = None


def find_match(match_id: str) -> Picture:
    """Return what is known of a match.

    Raises:
        Problem: 404, there is no such match.
    """
    picture = current_site().board.picture(match_id)
    if picture is None:
        raise Problem(
            404, f"There is no match {match_id!r}; /api/matches lists those there are.", kind="no-such-match"
        )
    return picture


def _chosen_match() -> Picture:
    """Return the match in the query, else the visitor's selection, else the first running one."""
    asked = request.args.get("match_id")
    if asked is not None:
        return find_match(asked)
    board = current_site().board
    selected = session.get("match_id")
    picture = board.picture(selected) if isinstance(selected, str) else None
    if picture is None:
        rows = board.rows()
        picture = board.picture(rows[0].match_id) if rows else None
    if picture is None:
        raise Problem(404, "There is no match yet; `matchcast produce` starts some.", kind="no-match")
    return picture


@blueprint.get("/matches")
def list_matches() -> Response:
    """List the matches, running ones first."""
    board = current_site().board
    return answer_changing(encode({"as_of": board.as_of, "matches": board.rows()}))


@blueprint.post("/select-match")
def select_match() -> Response:
    """Remember the match that this visitor looks at, for this visitor alone."""
    picture = find_match(read_json(_Selection).match_id)
    session["match_id"] = picture.row.match_id
    return answer_json({"match_id": picture.row.match_id})


@blueprint.get("/match-stats")
def show_stats() -> Response:
    """Show all that happened in a match."""
    return answer_changing(encode(_chosen_match().stats()), private="match_id" not in request.args)


@blueprint.get("/prediction")
def show_prediction() -> Response:
    """Show the forecast of a match and its course so far."""
    return answer_changing(encode(_chosen_match().prediction), private="match_id" not in request.args)


@blueprint.get("/kafka/events")
def list_events() -> Response:
    """List the newest events, newest first."""
    asked = request.args.get("limit", "50")
    limit = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= MOST_DIGITS else 0
    if not 1 <= limit <= MOST_EVENTS:
        raise Problem(
            422,
            f"limit must be a number from 1 to {MOST_EVENTS}.",
            errors=[{"path": "?limit", "message": f"Not a number from 1 to {MOST_EVENTS}."}],
        )
    return answer_changing(encode({"events": current_site().board.recent_events(limit)}))


@blueprint.post("/matches")
@operator_acts
def ask_for_match() -> Response:
    """Ask the producer for a new match, between given teams or teams of its choice."""
    wanted = read_json(_NewMatch)
    if wanted.home_team is not None and wanted.home_team == wanted.away_team:
        raise Problem(
            422,
            "A team cannot play against itself.",
            errors=[{"path": "/away_team", "message": "The same as home_team."}],
        )
    request_id = current_site().requests.ask(wanted.home_team, wanted.away_team)
    return answer_json({"request_id": request_id}, 202)
