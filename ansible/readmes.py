"""Write each role's README.md from its meta/argument_specs.yml: ``readmes.py [--check] [ROLE…]``.

With ``--check`` nothing is written, and the exit code tells whether all are as they would be.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"


def readme(role: Path) -> str:
    """Return the README of the role in a folder."""
    name = role.name
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]
    systems = yaml.safe_load((role / "meta/main.yml").read_text("utf-8"))["galaxy_info"]["platforms"]
    main = specs["main"]
    parts = [
        "<!-- Made by `make readmes` from meta/argument_specs.yml: change it there. -->",
        f"# {name}",
        markdown(main["short_description"]),
        *paragraphs(main.get("description", [])),
        "Made for " + "; ".join(f"{each['name']} {', '.join(each['versions'])}" for each in systems) + ".",
        "## Variables",
        variables(main.get("options", {})),
    ]
    for entry, spec in specs.items():
        if entry == "main":
            continue
        parts += [
            f"## `tasks_from: {entry}`",
            markdown(spec["short_description"]),
            *paragraphs(spec.get("description", [])),
            variables(spec.get("options", {})),
        ]
    if tags := tags_of(role):
        parts += ["## Tags", ", ".join(f"`{tag}`" for tag in tags)]
    if (role / "molecule").is_dir():
        parts += ["## Test", f"```\nmake role ROLE={name}\n```"]
    return "\n\n".join(parts) + "\n"


def variables(options: dict[str, dict[str, Any]]) -> str:
    """Return a table of variables, those of a dictionary below it."""
    if not options:
        return "None."
    rows = [row for name, option in options.items() for row in rows_of(name, option)]
    return "\n".join(["| variable | type | default | what it is |", "|---|---|---|---|", *rows])


def rows_of(name: str, option: dict[str, Any]) -> list[str]:
    """Return the rows of a variable and of the options below it."""
    kind = str(option.get("type", "str"))
    if "elements" in option:
        kind += f" of {option['elements']}"
    default = "required" if option.get("required") else shown(option.get("default"))
    told = " ".join(paragraphs(option["description"]))
    if choices := option.get("choices"):
        told += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    rows = [f"| `{name}` | {kind} | {default} | {told} |".replace("|  |", "| |")]
    inner = option.get("options", {})
    mark = "[]." if str(option.get("type")) == "list" else "."
    return rows + [row for key, each in inner.items() for row in rows_of(f"{name}{mark}{key}", each)]


def shown(default: object) -> str:
    """Return a default as it is written in YAML; nothing where there is none."""
    if default is None or default == "":
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    text = default if isinstance(default, str) else json.dumps(default)
    return f"`{text}`".replace("|", "\\|")


def paragraphs(description: str | list[str]) -> list[str]:
    """Return a description's paragraphs."""
    return [markdown(text) for text in ([description] if isinstance(description, str) else description)]


def markdown(text: str) -> str:
    """Turn Ansible's marks for code and options into Markdown's, on one line."""
    return re.sub(r"\b[CVOIB]\(([^)]*)\)", r"`\1`", " ".join(text.split())).replace("|", "\\|")


def tags_of(role: Path) -> list[str]:
    """Return the tags of a role's main tasks, in their order."""
    found: dict[str, None] = {}
    for task in yaml.safe_load((role / "tasks/main.yml").read_text("utf-8")) or []:
        tags = task.get("tags", [])
        found.update(dict.fromkeys([tags] if isinstance(tags, str) else tags))
    return list(found)


def main() -> int:
    """Write or check the pages; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a page is stale")
    parser.add_argument("roles", nargs="*", metavar="ROLE", help="default: all")
    asked = parser.parse_args()
    names = asked.roles or sorted(file.parents[1].name for file in ROLES.glob("*/meta/argument_specs.yml"))
    stale = 0
    for name in names:
        page, text = ROLES / name / "README.md", readme(ROLES / name)
        if page.exists() and page.read_text("utf-8") == text:
            continue
        stale += 1
        if asked.check:
            print(f"✘ roles/{name}/README.md is stale. Try: make readmes", file=sys.stderr)
        else:
            page.write_text(text, encoding="utf-8")
    return 1 if asked.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
