"""The OpenAPI document and its page: true to the server, and asking no other site."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from matchcast.api import examples

EXAMPLES = [
    (path, name, body)
    for path, shown in (
        ("/predict", examples.PREDICT),
        ("/predict/batch", examples.BATCH),
        ("/predict/events", examples.EVENTS),
    )
    for name, (_, body) in shown.items()
]


@pytest.fixture(scope="module")
def document(api: str) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"{api}/openapi.json", timeout=10).json()
    return answer


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """Return what checks a value against a schema of the document."""
    return Draft202012Validator({**schema, "components": document["components"]})


@pytest.mark.parametrize(
    ("path", "name", "body"), EXAMPLES, ids=[f"{path} {name}" for path, name, _ in EXAMPLES]
)
def test_each_example_is_valid_is_answered_and_its_answer_is_the_one_shown(
    api: str, document: dict[str, Any], path: str, name: str, body: Any
) -> None:
    operation = document["paths"][path]["post"]
    asked = operation["requestBody"]["content"]["application/json"]
    validator(document, asked["schema"]).validate(body)
    response = requests.post(f"{api}{path}", json=body, timeout=10)
    assert response.status_code == 200
    shown = operation["responses"]["200"]["content"]["application/json"]
    validator(document, shown["schema"]).validate(response.json())
    assert response.json() == shown["examples"][name]["value"]


def test_every_operation_says_what_it_is_and_how_it_fails(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            for status, response in operation["responses"].items():
                if status != "200":
                    assert "application/problem+json" in response["content"], (method, path, status)


def test_the_page_shows_every_address_and_type(api: str, document: dict[str, Any]) -> None:
    page = requests.get(f"{api}/docs", timeout=10).text
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page
    for name in document["components"]["schemas"]:
        assert f'id="type-{name}"' in page
    for link in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{link}"' in page


def test_the_page_asks_no_other_site_and_runs_only_what_it_carries(api: str) -> None:
    response = requests.get(f"{api}/docs", timeout=10)
    assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//|url\(|@import""", response.text)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_and_the_document_work_behind_a_path_prefix(api: str, document: dict[str, Any]) -> None:
    page = requests.get(f"{api}/docs", timeout=10).text
    assert not re.search(r"""(?:src|href)=["']/""", page)
    assert "servers" not in document or all(not one["url"].startswith("/") for one in document["servers"])
