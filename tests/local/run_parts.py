"""Supervises small parts, as the tests describe them: ``run_parts.py FOLDER JSON``.

JSON is a list of {"name", "code", "needs"?, "after"?, "patience"?, "service"?, "cannot"?, "guarded"?}; a
part is ready once its code has made the file FOLDER/<name>.ready, and cannot be prepared for the reason
that "cannot" gives.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from matchcast.errors import MatchcastError
from matchcast.local.folder import StateFolder
from matchcast.local.part import Part, Report
from matchcast.local.processes import guarded
from matchcast.local.screen import Screen
from matchcast.local.supervisor import Supervisor


def part_of(described: dict[str, str], root: Path) -> Part:
    command = [sys.executable, "-c", described["code"]]
    ready = root / f"{described['name']}.ready"

    def prepare(_: Report) -> None:
        raise MatchcastError(described["cannot"], hint="do something about it")

    return Part(
        name=described["name"],
        address=described["name"],
        command=lambda: guarded(command, patience=5) if "guarded" in described else command,
        ready=ready.exists,
        environment=dict(os.environ, READY=str(ready)),
        needs=tuple(described.get("needs", ())),
        after=tuple(described.get("after", ())),
        patience=float(described.get("patience", 10)),
        service=described.get("service", ""),
        prepare=prepare if "cannot" in described else None,
    )


if __name__ == "__main__":
    folder = StateFolder(Path(sys.argv[1]))
    folder.make()
    screen = Screen()
    parts = [part_of(described, folder.root) for described in json.loads(sys.argv[2])]
    try:
        with folder.held():
            code = Supervisor(parts, folder, screen, lambda _: screen.line("Ready")).run()
    except MatchcastError as error:
        screen.line(f"{error.message} {error.hint}")
        sys.exit(1)
    sys.exit(128 + code)
