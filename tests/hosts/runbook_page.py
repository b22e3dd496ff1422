"""The runbook as a test reads it: its symptoms, the parts of each, and the commands as somebody would copy them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/runbook.md"
PLACES = ("host", "computer", "cloud")
"""Where commands run; what `cloud` says only Oracle Cloud has."""

_HEADING = re.compile(r"^(##|###) (.+)$")
_FENCE = re.compile(r"^```(.*)$")


@dataclass(frozen=True)
class Block:
    """Commands of the page: `name` is the page's own for them, `part` is Look, Do, Mended or empty."""

    name: str
    place: str
    section: str
    part: str
    text: str


def read_parts(page: Path = PAGE) -> dict[str, list[str]]:
    """Return the parts of each section, in the page's order."""
    parts: dict[str, list[str]] = {}
    for kind, section, part, _ in _walk(page):
        if kind == "##":
            parts[section] = []
        elif kind == "###":
            parts[section].append(part)
    return parts


def read_blocks(page: Path = PAGE) -> list[Block]:
    """Return all blocks of commands: those whose fence says `sh PLACE NAME`.

    Raises:
        ValueError: a block of a shell does not say where it runs and what it is called.
    """
    blocks: list[Block] = []
    for kind, section, part, lines in _walk(page):
        words = kind.split()
        if words[:1] not in (["sh"], ["bash"], ["console"]):
            continue
        if len(words) != 3 or words[0] != "sh" or words[1] not in PLACES:
            raise ValueError(f"{section}: a fence says {kind!r}, not `sh PLACE NAME`")
        blocks.append(Block(words[2], words[1], section, part, "\n".join(lines)))
    return blocks


def _walk(page: Path) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield (what a heading or a fence says, section, part, lines of the fence)."""
    section = part = ""
    fence: str | None = None
    lines: list[str] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        if found := _FENCE.match(line):
            if fence is None:
                fence, lines = found[1], []
            else:
                yield fence, section, part, lines
                fence = None
        elif fence is not None:
            lines.append(line)
        elif found := _HEADING.match(line):
            section, part = (found[2], "") if found[1] == "##" else (section, found[2])
            yield found[1], section, part, []
