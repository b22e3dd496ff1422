"""The routes that describe the API: the OpenAPI document, and its page."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response

from matchcast.api import answers, examples, openapi
from matchcast.api.current import CurrentModel
from matchcast.api.messages import BatchRequest, EventsRequest, PredictRequest
from matchcast.api.page.render import POLICY, render
from matchcast.api.routing import json_response


def install(app: FastAPI, model: CurrentModel) -> None:
    """Add the routes to an app; the examples of answers are those of the model in force."""
    document: dict[str, Any] = {}
    made_with: str | None = None

    async def describe() -> dict[str, Any]:
        nonlocal document, made_with
        if not document or made_with != model.version:
            made_with = model.version
            document = openapi.describe(app, await answer_examples(model))
        return document

    @app.get("/openapi.json", include_in_schema=False)
    async def show_document(_: Request) -> Response:
        return json_response(await describe())

    @app.get("/docs", include_in_schema=False)
    async def show_page(_: Request) -> Response:
        page = render(await describe())
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": POLICY})


async def answer_examples(model: CurrentModel) -> dict[str, dict[str, Any]]:
    """Return for each path the answers to its example requests, by their names; none without a model."""
    if model.version is None:
        return {}
    forecaster = model.served.forecaster
    one = {name: msgspec.convert(body, PredictRequest) for name, (_, body) in examples.PREDICT.items()}
    many = {name: msgspec.convert(body, BatchRequest) for name, (_, body) in examples.BATCH.items()}
    events = {name: msgspec.convert(body, EventsRequest) for name, (_, body) in examples.EVENTS.items()}
    return {
        "/predict": {name: answers.predict(forecaster, asked) for name, asked in one.items()},
        "/predict/batch": {
            name: await answers.predict_batch(forecaster, asked.states, asked.include)
            for name, asked in many.items()
        },
        "/predict/events": {
            name: await answers.predict_events(forecaster, asked) for name, asked in events.items()
        },
    }
