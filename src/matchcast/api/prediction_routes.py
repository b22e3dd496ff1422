"""The routes that forecast: one match, many, and a match by its events."""

from __future__ import annotations

import msgspec
from fastapi import FastAPI, Request, Response

from matchcast.api import answers, bodies, examples, openapi
from matchcast.api.current import CurrentModel
from matchcast.api.messages import (
    BatchRequest,
    BatchResponse,
    EventsRequest,
    EventsResponse,
    Part,
    PredictRequest,
    PredictResponse,
)
from matchcast.api.metrics import Metrics
from matchcast.api.routing import json_response

MAX_BODY = 1_000_000
"""Most bytes of a match state; `matchcast state --json` prints about 50,000."""

MAX_BATCH_BODY = 8_000_000
"""Most bytes of a batch or of a match's events; a file of StatsBomb's has 4,000,000."""

_FAILURES = (413, 415, 422, 500, 503)


def install(app: FastAPI, model: CurrentModel, metrics: Metrics) -> None:
    """Add the routes to an app; each request is answered from the model that is in force when it is read."""
    one = msgspec.json.Decoder(PredictRequest)
    many = msgspec.json.Decoder(BatchRequest)
    events = msgspec.json.Decoder(EventsRequest)
    count_one = metrics.forecasts.labels("/predict").inc
    count_many = metrics.forecasts.labels("/predict/batch").inc
    count_events = metrics.forecasts.labels("/predict/events").inc

    @app.post(
        "/predict",
        tags=["forecasts"],
        summary="Forecast one match",
        operation_id="predict",
        responses=openapi.answers(PredictResponse, "The forecast.", *_FAILURES),
        openapi_extra=openapi.takes(PredictRequest, examples.PREDICT),
    )
    async def predict(request: Request) -> Response:
        """Everything that the model can say of a match as it stands: win, draw and loss, the goals still
        expected, the likeliest scores, who scores next and, in a knock-out match, who goes through. With
        `previous`, an earlier moment of the same match, `why` says what moved it since.
        """
        asked = await bodies.decode(one, await bodies.read(request, MAX_BODY))
        forecast = answers.predict(model.served.forecaster, asked)
        count_one()
        return json_response(forecast)

    @app.post(
        "/predict/batch",
        tags=["forecasts"],
        summary="Forecast many matches",
        operation_id="predict_batch",
        responses=openapi.answers(BatchResponse, "The forecasts, in the order of the states.", *_FAILURES),
        openapi_extra=openapi.takes(BatchRequest, examples.BATCH)
        | openapi.chooses("include", Part, "What to answer beyond win, draw and loss, as in the body."),
    )
    async def predict_batch(request: Request) -> Response:
        """Win, draw and loss of up to 10,000 states, and more of the forecast where `include` names it."""
        chosen = bodies.choose(request, "include", Part)
        asked = await bodies.decode(many, await bodies.read(request, MAX_BATCH_BODY))
        forecasts = await answers.predict_batch(
            model.served.forecaster, asked.states, [*asked.include, *chosen]
        )
        count_many(len(asked.states))
        return json_response(forecasts)

    @app.post(
        "/predict/events",
        tags=["forecasts"],
        summary="Forecast a match by its events",
        operation_id="predict_events",
        responses=openapi.answers(EventsResponse, "The forecast after each event.", *_FAILURES),
        openapi_extra=openapi.takes(EventsRequest, examples.EVENTS),
    )
    async def predict_events(request: Request) -> Response:
        """Win, draw and loss after each event of a match, and what moved them. Takes events of StatsBomb's
        shape as they are; unknown types and fields pass.
        """
        asked = await bodies.decode(events, await bodies.read(request, MAX_BATCH_BODY))
        forecasts = await answers.predict_events(model.served.forecaster, asked)
        count_events(len(asked.events))
        return json_response(forecasts)
