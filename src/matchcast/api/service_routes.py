"""The routes about the service itself: alive, ready, its model, its metrics, its description."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from matchcast import __version__
from matchcast.api import openapi
from matchcast.api.current import CurrentModel
from matchcast.api.messages import Alive, Model, Ready
from matchcast.api.metrics import Metrics
from matchcast.api.routing import json_response
from matchcast.serving.release import running_release


def install(app: FastAPI, model: CurrentModel, metrics: Metrics) -> None:
    """Add the routes to an app."""

    @app.get(
        "/health",
        tags=["service"],
        summary="Whether the process is alive",
        operation_id="health",
        responses=openapi.answers(Alive, "It is."),
    )
    async def health(_: Request) -> Response:
        """Answers as long as the process does, model or not."""
        return json_response(Alive("alive", __version__, running_release()))

    @app.get(
        "/ready",
        tags=["service"],
        summary="Whether forecasts can be had",
        operation_id="ready",
        responses=openapi.answers(Ready, "They can.", 503),
    )
    async def ready(_: Request) -> Response:
        """A model is in force, and what is certain in football it forecasts so."""
        return json_response(Ready("ready", model.served.forecaster.version))

    @app.get(
        "/model",
        tags=["service"],
        summary="The model in force",
        operation_id="model",
        responses=openapi.answers(Model, "The model's name and card.", 503),
    )
    async def describe_model(_: Request) -> Response:
        """The model's name, unique to its contents, and its card."""
        served = model.served
        return json_response(Model(served.forecaster.version, served.card, model.refusal))

    @app.get(
        "/metrics",
        tags=["service"],
        summary="Metrics for Prometheus",
        operation_id="metrics",
        responses={200: {"description": "The metrics of all workers.", "content": {"text/plain": {}}}},
    )
    async def show_metrics(request: Request) -> Response:
        """Requests by route and status, their duration by route, forecasts made, the model in force."""
        content, media_type = metrics.render(request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": media_type})
