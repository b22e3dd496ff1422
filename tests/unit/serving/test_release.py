"""A process says which release it runs from."""

from __future__ import annotations

from pathlib import Path

import pytest

from matchcast.serving.release import running_release


def test_an_environment_with_a_manifest_is_the_release_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"release": "1.2.0-0123456789ab", "version": "1.2.0"}')
    assert running_release(tmp_path) == "1.2.0-0123456789ab"


@pytest.mark.parametrize("content", [None, "", "[]", '{"release": 1}'])
def test_any_other_environment_is_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    assert running_release(tmp_path) is None
