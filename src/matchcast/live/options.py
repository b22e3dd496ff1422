"""What the live service is to work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from matchcast.stream.topics import Topics


@dataclass(frozen=True)
class LiveOptions:
    """What the service is to work with.

    Attributes:
        broker: addresses of Kafka.
        api_url: where the model API is.
        checkpoint: folder of the checkpoints.
        topics: names of the topics.
        rebuild_hours: without a checkpoint, how far back reading starts.
        checkpoint_seconds: least time between two checkpoints.
    """

    broker: str
    api_url: str
    checkpoint: Path
    topics: Topics = field(default_factory=Topics)
    rebuild_hours: float = 6
    checkpoint_seconds: float = 5
