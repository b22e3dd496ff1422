"""Write the tables of README.md from the configuration: ``readme.py [--check]``.

With ``--check`` nothing is written, and the exit code tells whether they are as they would be. The configuration is
read in the form that ``terraform fmt`` gives it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER / "README.md"
BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
WORD = re.compile(r'"[^"]*"|[\w./-]+|[(){}\[\],=]')


def blocks(file: str, kind: str) -> Iterator[tuple[str, str]]:
    """Go through the variables or outputs of a file: name and body."""
    for found, name, body in BLOCK.findall((FOLDER / file).read_text("utf-8")):
        if found == kind:
            yield name, body


def argument(body: str, name: str) -> str | None:
    """Return the text of an argument of a block, on one line; None where it has none."""
    found = re.search(rf"^  {name} += (.*?)(?=^  \w|^\n|\Z)", body, re.MULTILINE | re.DOTALL)
    return " ".join(found.group(1).split()) if found else None


class TypeReader:
    """Reads a type's text into rows: a name below the variable's, its type, its default."""

    def __init__(self, text: str) -> None:
        self.words = WORD.findall(text)

    def take(self, word: str | None = None) -> str:
        """Take the next word, which has to be the given one."""
        taken = self.words.pop(0)
        if word is not None and taken != word:
            raise ValueError(f"a type has {taken!r} where {word!r} was expected")
        return taken

    def read(self) -> tuple[str, list[tuple[str, str, str]]]:
        """Read a type; return its name and the rows of its fields."""
        name = self.take()
        if name in ("string", "number", "bool", "any"):
            return name, []
        self.take("(")
        if name != "object":
            inner, rows = self.read()
            self.take(")")
            return f"{name} of {inner}", [(f"[].{field}", kind, default) for field, kind, default in rows]
        rows = []
        self.take("{")
        while self.words[0] != "}":
            rows += self.field()
            if self.words[0] == ",":
                self.take()
        self.take("}")
        self.take(")")
        return name, rows

    def field(self) -> list[tuple[str, str, str]]:
        """Read a field of an object; return its row and those of the fields below it."""
        name = self.take()
        self.take("=")
        optional = self.words[0] == "optional"
        default = "required"
        if optional:
            self.take()
            self.take("(")
        kind, inner = self.read()
        if optional:
            default = ""
            if self.take() == ",":
                default = "".join(self.until_closed())
        row = (f".{name}", kind, default if default in ("", "required") else f"`{default}`")
        return [row, *((f".{name}{field}", kind, default) for field, kind, default in inner)]

    def until_closed(self) -> Iterator[str]:
        """Take words up to the bracket that closes the one that is open."""
        open_brackets = 1
        while True:
            word = self.take()
            open_brackets += (word in ("(", "{", "[")) - (word in (")", "}", "]"))
            if open_brackets == 0:
                return
            yield word


def variables() -> str:
    """Return the table of the variables, those that have no default first."""
    needed, others = [], []
    for name, body in blocks("variables.tf", "variable"):
        kind, rows = TypeReader(str(argument(body, "type"))).read()
        default = argument(body, "default")
        told = str(argument(body, "description")).strip('"')
        shown = "required" if default is None else "" if default == "null" else f"`{default}`"
        lines = [f"| `{name}` | {kind} | {shown} | {told} |"]
        if all(row_kind == "object" for field, row_kind, _ in rows if field.count(".") == 1):
            rows = [row for row in rows if row[1] != "object"]
        lines += [f"| `{name}{field}` | {kind} | {default} | |" for field, kind, default in rows]
        (needed if default is None else others).extend(lines)
    return table("variable | type | default | what it is", needed + others)


def outputs() -> str:
    """Return the table of the outputs."""
    return table(
        "output | what it is",
        [
            f"| `{name}` | {str(argument(body, 'description')).strip(chr(34))} |"
            for name, body in blocks("outputs.tf", "output")
        ],
    )


def resources() -> str:
    """Return the table of what each module makes, and what of it refuses to be destroyed."""
    lines = []
    for folder in [*sorted((FOLDER / "modules").iterdir()), FOLDER]:
        found: dict[str, bool] = {}
        for file in sorted(folder.glob("*.tf")):
            for kind, _, body in RESOURCE.findall(file.read_text("utf-8")):
                found[kind] = found.get(kind, False) or "prevent_destroy = true" in body
        kinds = ", ".join(f"`{kind}`" for kind in found)
        kept = ", ".join(f"`{kind}`" for kind, guarded in found.items() if guarded)
        where = "root" if folder == FOLDER else f"[{folder.name}](modules/{folder.name})"
        lines.append(f"| {where} | {kinds} | {kept} |")
    return table("module | makes | refuses to be destroyed", lines)


def table(head: str, lines: list[str]) -> str:
    """Return a table with its head."""
    return "\n".join([f"| {head} |", "|---" * (head.count("|") + 1) + "|", *lines]).replace("|  |", "| |")


def with_tables(page: str) -> str:
    """Return the page with each table made anew between its marks."""
    for name, made in (("variables", variables()), ("outputs", outputs()), ("resources", resources())):
        start, end = f"<!-- {name}: made by `make readmes` -->", f"<!-- end of {name} -->"
        before, rest = page.split(start)
        page = f"{before}{start}\n{made}\n{end}{rest.split(end)[1]}"
    return page


def main() -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if the page is stale")
    check = parser.parse_args().check
    page = PAGE.read_text("utf-8")
    made = with_tables(page)
    if made == page:
        return 0
    if check:
        print("✘ terraform/README.md is stale. Try: make readmes", file=sys.stderr)
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
