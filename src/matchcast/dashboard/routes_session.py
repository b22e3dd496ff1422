"""Logging in and out, and who this visitor is."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from msgspec import Struct
from werkzeug.wrappers import Response as Answer

from matchcast.dashboard.answers import answer_json, read_json
from matchcast.dashboard.operator import check_csrf, csrf_token, renew_session
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.site import current_site

blueprint = Blueprint("session", __name__)

MAX_PASSWORD = 1024
LONGEST_NEXT = 1024


class _Login(Struct):
    password: str


@blueprint.get("/login")
def show_login() -> Response:
    """Show the login form."""
    return _login_page(200)


@blueprint.post("/login")
def log_in() -> Answer:
    """Open the operator's session: from JSON with the token in a header, or from the page's form."""
    if request.mimetype == "application/json":
        check_csrf(request.headers.get("X-CSRF-Token"))
        current_site().operator.log_in(read_json(_Login).password[:MAX_PASSWORD])
        return answer_json(_visitor())
    try:
        check_csrf(request.form.get("csrf_token"))
        current_site().operator.log_in(request.form.get("password", "")[:MAX_PASSWORD])
    except Problem as problem:
        page = _login_page(problem.status, problem.detail)
        page.headers.update(problem.headers)
        return page
    return redirect(_next(), 303)


@blueprint.post("/logout")
def log_out() -> Answer:
    """Close the operator's session."""
    by_form = request.form.get("csrf_token")
    check_csrf(by_form or request.headers.get("X-CSRF-Token"))
    renew_session()
    return redirect(url_for("pages.index"), 303) if by_form else answer_json(_visitor())


@blueprint.get("/api/session")
def show_session() -> Response:
    """Tell whether this visitor is the operator, and the token that acts need."""
    return answer_json(_visitor())


def _visitor() -> dict[str, object]:
    operator = current_site().operator
    return {
        "operator": operator.is_logged_in(),
        "csrf_token": csrf_token(),
        "login_possible": operator.configured,
    }


def _next() -> str:
    """Return where to go after the login: the page of this site that was asked for, else the matches."""
    home = url_for("pages.index")
    wanted = request.values.get("next", "")
    try:
        place = urlsplit(wanted)
    except ValueError:
        return home
    own = not (place.scheme or place.netloc) and place.path in (home, url_for("pages.status"))
    return urlunsplit(place) if own and len(wanted) <= LONGEST_NEXT else home


def _login_page(status: int, error: str | None = None) -> Response:
    operator = current_site().operator
    page = Response(
        render_template(
            "login.html",
            csrf_token=csrf_token(),
            error=error,
            back=_next(),
            operator=operator.is_logged_in(),
            login_possible=operator.configured,
        ),
        status=status,
    )
    page.headers["Cache-Control"] = "no-store"
    return page
