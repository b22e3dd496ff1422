"""Which release this process runs from, so that a visitor can tell whether a new one serves."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path


@cache
def running_release(environment: Path = Path(sys.prefix)) -> str | None:
    """Return the name of the release that an environment is; None where it is not one, as in a checkout.

    A release on a host holds the manifest that `make release` wrote; it never changes.
    """
    try:
        manifest = json.loads((environment / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    name = manifest.get("release") if isinstance(manifest, dict) else None
    return name if isinstance(name, str) else None
