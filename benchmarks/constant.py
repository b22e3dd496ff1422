"""What everything is measured against: a FastAPI endpoint that answers a constant, served as the API is."""

from __future__ import annotations

import sys

from fastapi import FastAPI

from matchcast.api.server import ApiServer
from matchcast.serving.listener import bind
from matchcast.settings import load


class ConstantServer(ApiServer):
    """The API's server set-up with the least app that there is."""

    def load(self) -> FastAPI:
        """Return the app."""
        app = FastAPI()

        @app.get("/constant")
        async def constant() -> dict[str, str]:
            return {"status": "ok"}

        return app


if __name__ == "__main__":
    ConstantServer(bind("The constant", "127.0.0.1", int(sys.argv[1]), "the first argument"), load()).run()
