"""``matchcast api``."""

from __future__ import annotations

import click

from matchcast.settings import load
from matchcast.telemetry import logs


@click.command()
@click.option("--host", help="Address to listen on  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one  [default: 8000]"
)
@click.option("--workers", type=click.IntRange(1, 64), help="Worker processes  [default: 1]")
@click.option("--model", type=click.Path(), help="Model artefact to serve  [default: the package's champion]")
def api(host: str | None, port: int | None, workers: int | None, model: str | None) -> None:
    """Serve the model API: forecasts of matches over HTTP, described on its page /docs."""
    from matchcast.api.server import ApiServer
    from matchcast.serving.listener import bind

    settings = load(api_host=host, api_port=port, api_workers=workers, model=model)
    logs.configure(settings.log_level, settings.log_format)
    listener = bind("The model API", settings.api_host, settings.api_port, "MATCHCAST_API_PORT")
    ApiServer(listener, settings).run()
