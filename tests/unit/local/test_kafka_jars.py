"""Kafka's jars by hand: ``python -m matchcast.local.kafka_jars``, as a play asks for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "matchcast.local.kafka_jars"]


def test_a_cache_that_cannot_be_made_is_a_sentence_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [*COMMAND, "--cache", str(tmp_path / "file/cache")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"✘ The cache folder {tmp_path}/file/cache cannot be made: Not a directory.",
        "Try: point XDG_CACHE_HOME at a folder that you may write",
    ]
