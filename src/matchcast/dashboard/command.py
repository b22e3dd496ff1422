"""``matchcast dashboard``."""

from __future__ import annotations

import click

from matchcast.settings import load
from matchcast.telemetry import logs


@click.command()
@click.option("--host", help="Address to listen on  [default: 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one  [default: 8501]"
)
@click.option("--kafka-broker", help="Bootstrap servers of Kafka  [default: 127.0.0.1:9092]")
@click.option("--api-url", help="Where the model API answers  [default: http://127.0.0.1:8000]")
def dashboard(host: str | None, port: int | None, kafka_broker: str | None, api_url: str | None) -> None:
    """Serve the dashboard: running matches with their live win probability.

    It starts without Kafka and without the model API, says on the page what is missing, and goes on
    when they come.
    """
    from matchcast.dashboard.server import DashboardServer
    from matchcast.serving.listener import bind

    settings = load(dashboard_host=host, dashboard_port=port, kafka_broker=kafka_broker, api_url=api_url)
    logs.configure(settings.log_level, settings.log_format)
    listener = bind(
        "The dashboard", settings.dashboard_host, settings.dashboard_port, "MATCHCAST_DASHBOARD_PORT"
    )
    DashboardServer(listener, settings).run()
