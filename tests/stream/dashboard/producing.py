"""Events of one match, as a producer puts them into Kafka."""

from __future__ import annotations

import json
from typing import Any

from matchcast.stream.writer import EventWriter

HOME, AWAY = "Manchester United", "Liverpool"
MATCH_ID = "man_utd_liverpool"


class Feed:
    """Plays events, one second of the match clock apart."""

    def __init__(self, broker: str, topic: str, match_id: str = MATCH_ID) -> None:
        self.topic = topic
        self.match_id = match_id
        self.clock = 0
        self._index = 0
        self._writer = EventWriter(broker)

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def play(
        self, kind: str = "Pass", team: str = HOME, *, seconds: int = 1, **fields: Any
    ) -> dict[str, Any]:
        """Play the next event, some seconds of the match clock after the one before."""
        event = self._next(kind, team, seconds, **fields)
        self.put(json.dumps(event).encode())
        return event

    def _next(self, kind: str, team: str, seconds: int, **fields: Any) -> dict[str, Any]:
        self.clock += seconds
        self._index += 1
        minute, second = divmod(self.clock, 60)
        return {
            "id": f"{self.match_id}-{self._index}",
            "index": self._index,
            "period": 1 if minute < 45 else 2,
            "minute": minute,
            "second": second,
            "type": {"name": kind},
            "team": {"name": team},
            "match": {
                "id": self.match_id,
                "home_team": HOME,
                "away_team": AWAY,
                "competition": "Premier League",
                "origin": "simulated",
            },
            **fields,
        }

    def score(self, team: str = HOME, player: str = "Marcus Rashford", *, seconds: int = 1) -> dict[str, Any]:
        """Play a goal."""
        shot = {"outcome": {"name": "Goal"}, "statsbomb_xg": 0.3}
        return self.play(
            "Shot", team, seconds=seconds, player={"name": player}, location=[110, 40], shot=shot
        )

    def put(self, value: bytes) -> None:
        """Write a record of the match, whatever it holds, and wait until Kafka has it."""
        self._write(value)
        self._writer.flush()

    def play_many(self, count: int) -> None:
        """Play passes, as fast as Kafka takes them."""
        for _ in range(count):
            self._write(json.dumps(self._next("Pass", HOME, 1)).encode())
        self._writer.flush()

    def _write(self, value: bytes) -> None:
        self._writer.write(self.topic, value, key=self.match_id.encode())
