"""Decorators of routes that are the operator's alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import request

from matchcast.dashboard.operator import check_csrf, not_configured
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.site import current_site

P = ParamSpec("P")
R = TypeVar("R")


def operator_only(view: Callable[P, R]) -> Callable[P, R]:
    """Let only the operator see what a route shows."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        operator = current_site().operator
        if not operator.configured:
            raise not_configured()
        if not operator.is_logged_in():
            raise Problem(401, "This needs the operator's login.", kind="login-needed")
        return view(*args, **kwargs)

    return guarded


def operator_acts(view: Callable[P, R]) -> Callable[P, R]:
    """Let only the operator use a route that acts, and only from this site's own page."""

    @operator_only
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        check_csrf(request.headers.get("X-CSRF-Token"))
        return view(*args, **kwargs)

    return guarded
