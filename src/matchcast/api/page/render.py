"""The OpenAPI document as a page to read and to try."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib import resources
from typing import Any

_FILES = resources.files("matchcast.api.page")
STYLE = (_FILES / "docs.css").read_text(encoding="utf-8")
SCRIPT = (_FILES / "docs.js").read_text(encoding="utf-8")


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_source(STYLE)}; script-src {_source(SCRIPT)}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: what it carries itself may run, nothing else."""

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} items",
}


def render(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    info = document["info"]
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    entries = "".join(
        f'<li><a href="#{escape(operation["operationId"])}"><code>{method.upper()} {escape(path)}</code></a> '
        f"{escape(operation['summary'])}</li>"
        for method, path, operation in operations
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])}</title><style>{STYLE}</style></head><body><main>",
            f'<h1>{escape(info["title"])} <span class="soft">{escape(info["version"])}</span></h1>',
            _prose(info["description"]),
            '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>',
            f'<nav aria-label="Addresses"><ul>{entries}</ul></nav>',
            *(_operation(*operation) for operation in operations),
            '<h2 id="types">Types</h2>',
            *(_schema(name, schema) for name, schema in document["components"]["schemas"].items()),
            f"</main><script>{SCRIPT}</script></body></html>",
        )
    )


def _prose(text: str) -> str:
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return "".join(f"<p>{paragraph}</p>" for paragraph in marked.split("\n\n"))


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return "".join(
        (
            f'<section><h2 id="{escape(operation["operationId"])}">',
            f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code></h2>',
            _prose(operation.get("description", operation["summary"])),
            _parameters(operation.get("parameters", [])),
            f"<p>Body: {_type(content['schema'])}</p>" if content else "",
            _form(method, path, content),
            _responses(operation["responses"]),
            "</section>",
        )
    )


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = (
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{_type(one['schema'])}</td>"
        f"<td>{escape(one['description'])}</td></tr>"
        for one in parameters
    )
    return _table("Query", "Type", "", rows) if parameters else ""


def _form(method: str, path: str, content: dict[str, Any] | None) -> str:
    fields = ""
    if content:
        bodies = [
            (one["summary"], json.dumps(one["value"], indent=2)) for one in content["examples"].values()
        ]
        options = "".join(
            f'<option data-body="{escape(body)}">{escape(summary)}</option>' for summary, body in bodies
        )
        fields = (
            f"<p><label>Example <select>{options}</select></label></p>"
            f'<textarea aria-label="Body" rows="12" spellcheck="false">{escape(bodies[0][1])}</textarea>'
        )
    return (
        f'<form data-method="{method.upper()}" data-path="{escape(path)}">{fields}'
        '<p><button>Send</button></p><output aria-live="polite"></output></form>'
    )


def _responses(responses: dict[str, Any]) -> str:
    def rows() -> Iterator[str]:
        for status, response in responses.items():
            for media_type, content in response["content"].items():
                kind = (
                    _type(content["schema"]) if "schema" in content else f"<code>{escape(media_type)}</code>"
                )
                yield f"<tr><td>{status}</td><td>{kind}</td><td>{_prose(response['description'])}</td></tr>"

    return _table("Status", "Answer", "", rows())


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = (
        f"<tr><td><code>{escape(field)}</code>{'' if field in required else ' <span class=soft>optional</span>'}"
        f"</td><td>{_type(one)}</td></tr>"
        for field, one in schema.get("properties", {}).items()
    )
    title = f'<h3 id="type-{escape(name)}">{escape(name)}</h3>'
    return title + _prose(schema.get("description", "")) + _table("Field", "Type", None, rows)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#type-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(json.dumps(one))}</code>" for one in schema["enum"])
    words = [escape(schema.get("type", "any"))]
    if "items" in schema:
        words = [f"array of {_type(schema['items'])}" if schema["items"] else "array"]
    words += [text.format(schema[bound]) for bound, text in _BOUNDS.items() if bound in schema]
    return ", ".join(words)


def _table(first: str, second: str, third: str | None, rows: Iterator[str]) -> str:
    heads = f"<th>{first}</th><th>{second}</th>" + ("" if third is None else f"<th>{third}</th>")
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
