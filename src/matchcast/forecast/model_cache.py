"""Models on disk: what a process starts from when Kafka is away."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from matchcast.forecast.artefact import Artefact, to_bytes
from matchcast.forecast.errors import DamagedModel
from matchcast.forecast.registry import proven

log = logging.getLogger(__name__)

KEPT = 5
"""Models that stay on disk, those used last."""


class _Champion(Struct, frozen=True):
    version: str


class ModelCache:
    """A folder with the champion's name and some models; several processes may share it.

    Files are written aside and renamed, and a model is proven against its version when it is read, so
    a crash, a full disk or another's hand cannot make a process serve what it should not.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def champion(self) -> Artefact | None:
        """The champion as it was last known; None: none was, or it is damaged, which is logged."""
        named = self._folder / "champion.json"
        try:
            version = msgspec.json.decode(named.read_bytes(), type=_Champion).version
            return proven(self._file(version).read_bytes(), version)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, DamagedModel) as error:
            log.warning("the model on disk is refused: %s", error, extra={"path": str(named)})
            return None

    def keep_champion(self, model: Artefact) -> None:
        """Keep a model as the champion; a disk that does not take it is logged, and changes nothing."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(self._file(model.version), to_bytes(model))
            self._write(self._folder / "champion.json", msgspec.json.encode(_Champion(model.version)))
            self._drop_old(model.version)
        except OSError as error:
            log.warning("the model was not kept on disk: %s", error, extra={"model_version": model.version})

    def _file(self, version: str) -> Path:
        if not version or version != Path(version).name:
            raise DamagedModel(f"{version!r} is no model's name", hint="remove the folder of models on disk")
        return self._folder / f"{version}.model.json"

    def _write(self, path: Path, data: bytes) -> None:
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def _drop_old(self, champion: str) -> None:
        files = {path: path.stat().st_mtime for path in self._folder.glob("*.model.json")}
        newest = sorted(files, key=files.__getitem__, reverse=True)
        for path in newest[KEPT:]:
            if path != self._file(champion):
                path.unlink(missing_ok=True)
