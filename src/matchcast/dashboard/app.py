"""The Flask app: its routes, sessions, errors and headers, around what it serves."""

from __future__ import annotations

import hashlib
import logging
import secrets

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from pydantic import SecretStr
from werkzeug.middleware.proxy_fix import ProxyFix

from matchcast.dashboard import (
    headers,
    problems,
    routes_airflow,
    routes_evaluation,
    routes_matches,
    routes_pages,
    routes_session,
    routes_stream,
    routes_system,
    site,
)

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024


class _Sessions(SecureCookieSessionInterface):
    """Session cookies that are secure wherever the visitor came by https."""

    digest_method = staticmethod(hashlib.sha256)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        return request.is_secure


def session_key(secret: SecretStr | None) -> bytes:
    """Return the key that signs sessions: the one set, or one for the life of this process."""
    if secret is not None and secret.get_secret_value():
        return secret.get_secret_value().encode()
    log.warning("MATCHCAST_SECRET_KEY is not set: sessions end when the dashboard does")
    return secrets.token_bytes(32)


def create_app(served: site.Site, key: bytes) -> Flask:
    """Return the app that serves a site, with sessions signed by a key."""
    app = Flask("matchcast.dashboard")
    app.config.update(
        SECRET_KEY=key,
        SESSION_COOKIE_NAME="matchcast",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
    )
    app.session_interface = _Sessions()
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    site.install(app, served)
    problems.install(app)
    headers.install(app)
    for room in (
        routes_pages,
        routes_session,
        routes_matches,
        routes_stream,
        routes_system,
        routes_airflow,
        routes_evaluation,
    ):
        app.register_blueprint(room.blueprint)
    if hops := served.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app
