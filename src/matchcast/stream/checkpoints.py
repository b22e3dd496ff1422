"""Checkpoints on disk: written whole or not at all, and never believed without proof.

A file holds parts (bytes that only their owner understands) after a line of JSON that tells their
schema, sizes and SHA-256. It is written aside, brought to the disk and renamed; the one before is
kept beside it. A file of another schema, cut short or changed is refused with the reason.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

log = logging.getLogger(__name__)

_MAGIC = "matchcast-checkpoint"
_LONGEST_LINE = 64 * 1024**2
_WRITING_SECONDS = 600
"""A file that was begun longer ago than this is not being written any more."""


class _Label(Struct):
    magic: str
    schema: str
    sha256: str
    sizes: list[int]


class Loaded(NamedTuple):
    """What `load` found: the parts, or None; and why each file that was tried was refused."""

    parts: list[memoryview] | None
    refusals: list[str]


class CheckpointStore:
    """The newest checkpoint of one owner and the one before it.

    Args:
        path: the file; its folder is made when it is missing.
        schema: what the parts are. Put it into the file's name too, so that releases that write
            different schemas do not take each other's file away.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self.schema = schema

    @property
    def previous(self) -> Path:
        """Where the checkpoint before the newest one is."""
        return self.path.with_name(f"{self.path.name}.previous")

    def save(self, parts: Sequence[bytes]) -> int:
        """Write a checkpoint; return its size in bytes. On return it has reached the disk.

        Raises:
            OSError: the disk is full or the folder cannot be written; the old checkpoint stays.
        """
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        label = _Label(_MAGIC, self.schema, digest.hexdigest(), [len(part) for part in parts])
        head = msgspec.json.encode(label) + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            with aside.open("wb") as file:
                file.write(head)
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            self._keep_previous()
            aside.replace(self.path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                aside.unlink()
        self._sync_folder()
        return len(head) + sum(label.sizes)

    def load(self) -> Loaded:
        """Return the newest checkpoint that can be believed; clears away what killed writers left half done."""
        for half in self.path.parent.glob(f"{self.path.name}.*.new"):
            with contextlib.suppress(OSError):
                if time.time() - half.stat().st_mtime > _WRITING_SECONDS:
                    half.unlink()
        refusals: list[str] = []
        for path in (self.path, self.previous):
            try:
                return Loaded(self._read(path), refusals)
            except FileNotFoundError:
                continue
            except (OSError, ValueError, msgspec.DecodeError) as error:
                refusals.append(f"{path}: {error}")
                log.warning("a checkpoint is refused: %s", error, extra={"path": str(path)})
        return Loaded(None, refusals)

    def _read(self, path: Path) -> list[memoryview]:
        written = path.read_bytes()
        end, content = written.find(b"\n", 0, _LONGEST_LINE), memoryview(written)
        if end < 0:
            raise ValueError("it is not a checkpoint")
        try:
            label = msgspec.json.decode(content[:end], type=_Label)
        except msgspec.DecodeError as error:
            raise ValueError("it is not a checkpoint") from error
        if label.magic != _MAGIC:
            raise ValueError("it is not a checkpoint")
        if label.schema != self.schema:
            raise ValueError(f"it is of schema {label.schema}, this release reads {self.schema}")
        body = content[end + 1 :]
        if len(body) != sum(label.sizes):
            raise ValueError(f"it is {len(body)} bytes long where {sum(label.sizes)} were written")
        if hashlib.sha256(body).hexdigest() != label.sha256:
            raise ValueError("its contents are not what was written (SHA-256 differs)")
        parts, start = [], 0
        for size in label.sizes:
            parts.append(body[start : start + size])
            start += size
        return parts

    def _keep_previous(self) -> None:
        """Keep the newest file under the other name, without a moment in which there is none."""
        link = self.path.with_name(f"{self.previous.name}.{os.getpid()}.new")
        with contextlib.suppress(FileNotFoundError):
            link.unlink()
        try:
            os.link(self.path, link)
        except FileNotFoundError:
            return
        link.replace(self.previous)

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
