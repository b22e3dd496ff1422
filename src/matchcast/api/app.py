"""The model API as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from matchcast import __version__
from matchcast.api import page_routes, prediction_routes, problems, service_routes
from matchcast.api.current import CurrentModel
from matchcast.api.observe import Observed
from matchcast.api.routing import DirectRoute
from matchcast.api.watch import ModelWatcher

TAGS = [
    {"name": "forecasts", "description": "Pure functions of the request and the model."},
    {"name": "service", "description": "How the service is, for those who operate it."},
]


def create_app(model: CurrentModel, watcher: ModelWatcher | None = None) -> FastAPI:
    """Return the application that answers from the model in force, whichever that is at the time.

    A `watcher` follows promotions as long as the application is served.
    """
    metrics = model.metrics

    @asynccontextmanager
    async def watching(_: FastAPI) -> AsyncIterator[None]:
        if watcher is not None:
            watcher.start()
        yield
        if watcher is not None:
            await asyncio.to_thread(watcher.stop)

    app = FastAPI(
        title="Matchcast model API",
        version=__version__,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=watching,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.router.route_class = DirectRoute
    problems.install(app)
    prediction_routes.install(app, model, metrics)
    service_routes.install(app, model, metrics)
    page_routes.install(app, model)
    routes = [route.path for route in app.routes if isinstance(route, DirectRoute)]
    app.user_middleware.append(Middleware(Observed, metrics=metrics, routes=routes))
    return app
