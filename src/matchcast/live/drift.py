"""Whether football has drifted from what the model knows, as the pipeline's newest reports have it."""

from __future__ import annotations

import logging

from matchcast.forecast.drift_report import decode
from matchcast.forecast.errors import DamagedDriftReport
from matchcast.live.status import DriftStatus, OriginDrift
from matchcast.stream.client import StreamRecord
from matchcast.stream.reader import EventReader, read_to_end

log = logging.getLogger(__name__)


class DriftBoard:
    """The newest report of each origin, from their topic. `refresh` may be called from another thread."""

    def __init__(self, broker: str, topic: str) -> None:
        self._reader = EventReader(broker, topic, client_id="matchcast-drift-reports")
        self._started = False
        self._origins: dict[str, OriginDrift] = {}
        self._damaged: dict[str, str] = {}

    def refresh(self, timeout: float = 5) -> DriftStatus:
        """Read the reports that came since, and return what is known then.

        Raises:
            KafkaUnavailable: the topic cannot be read.
            UnknownTopic: there is none yet.
        """
        if not self._started:
            self._reader.start_at_beginning(timeout)
            self._started = True
        for records in read_to_end(self._reader, timeout):
            for record in records:
                self._take(record)
        return DriftStatus(list(self._origins.values()), dict(self._damaged))

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()

    def _take(self, record: StreamRecord) -> None:
        key = (record.key or b"").decode("utf-8", "replace")
        self._damaged.pop(key, None)
        if record.value is None:
            self._origins.pop(key, None)
            return
        try:
            report = decode(record.value)
        except DamagedDriftReport as error:
            self._damaged[key] = error.message
            log.warning("%s", error.message, extra={"record": record.place})
            return
        known = self._origins.get(report.origin)
        unchanged = known is not None and known.report.drifted == report.drifted
        since = known.since if known is not None and unchanged else report.at
        self._origins[report.origin] = OriginDrift(report, since)
