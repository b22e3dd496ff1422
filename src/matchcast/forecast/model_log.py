"""The registry's log in Kafka: reading it, following it, adding to it."""

from __future__ import annotations

from types import TracebackType

from matchcast.forecast.artefact import from_bytes, load_champion, to_bytes
from matchcast.forecast.errors import ChangeOvertaken, NotInRegistry
from matchcast.forecast.registry import Change, Registry, change_record, model_key, now
from matchcast.stream.reader import EventReader, read_to_end
from matchcast.stream.writer import EventWriter

_TIMEOUT = 10.0


class ModelLog:
    """The log of models on a compacted topic of one partition, and the registry that it folds to.

    Every method that reads or writes raises `KafkaUnavailable` when no broker answers, and
    `UnknownTopic` when there is no such topic.
    """

    def __init__(self, broker: str, topic: str = "models") -> None:
        self.registry = Registry()
        self._broker = broker
        self._topic = topic
        self._reader = EventReader(broker, topic, client_id="matchcast-models")
        self._started = False

    def refresh(self, timeout: float = _TIMEOUT) -> Registry:
        """Read up to the log's present end."""
        self._start(timeout)
        for records in read_to_end(self._reader, timeout):
            for record in records:
                self.registry.take(record.key, record.value)
        return self.registry

    def follow(self, timeout: float) -> bool:
        """Wait for news up to `timeout` seconds; tells whether any came."""
        self._start(_TIMEOUT)
        records = self._reader.read(timeout=timeout)
        for record in records:
            self.registry.take(record.key, record.value)
        return bool(records)

    def add(self, data: bytes, *, who: str, why: str) -> str:
        """Add a model as a challenger and return its version; one that is there already stays as it is.

        Raises:
            DamagedModel: the bytes are no sound model.
        """
        artefact = from_bytes(data)
        if artefact.version not in self.refresh() or self.registry.data(artefact.version) != data:
            self._write(Change("add", artefact.version, who, now(), why), data)
        return artefact.version

    def promote(self, version: str, *, who: str, why: str) -> Change:
        """Make a model the champion.

        The first promotion also adds the package's champion, so that every host can go back to it.

        Raises:
            NotInRegistry: there is no such model.
            DamagedModel: it is damaged.
            ChangeOvertaken: it is the champion, or became so or another did meanwhile.
        """
        self.refresh().artefact(version)
        replaced = self.registry.champion
        if replaced is None:
            replaced = self.add(to_bytes(load_champion()), who=who, why="the package's own, to go back to")
        return self._change(Change("promote", version, who, now(), why, replaces=replaced))

    def roll_back(self, *, who: str, why: str) -> Change:
        """Make the model the champion again that was it before.

        Raises:
            NotInRegistry: there was none before, or it is not there any more.
            DamagedModel: it is damaged.
            ChangeOvertaken: somebody else changed the champion meanwhile.
        """
        before = self.refresh().before_champion
        if before is None:
            raise NotInRegistry(
                "no champion was promoted that could be rolled back",
                hint="promote a model with `matchcast models promote`",
            )
        self.registry.artefact(before)
        return self._change(Change("roll_back", before, who, now(), why, replaces=self.registry.champion))

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()

    def __enter__(self) -> ModelLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, timeout: float) -> None:
        if not self._started:
            self._reader.start_at_beginning(timeout)
            self._started = True

    def _change(self, change: Change) -> Change:
        self._write(change)
        self.refresh()
        for taken in reversed(self.registry.changes):
            if taken.change == change and taken.without_effect is not None:
                raise ChangeOvertaken(
                    f"nothing was changed: {taken.without_effect}",
                    hint="look at `matchcast models list` and decide anew",
                )
        return change

    def _write(self, change: Change, data: bytes | None = None) -> None:
        with EventWriter(self._broker, client_id="matchcast-models", delivery_timeout_s=_TIMEOUT) as writer:
            if data is not None:
                writer.write(self._topic, data, key=model_key(change.version))
            key, value = change_record(change)
            writer.write(self._topic, value, key=key)
