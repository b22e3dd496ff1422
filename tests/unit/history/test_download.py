"""Files come whole and right, or not at all: against a server on loopback that misbehaves."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from matchcast.history import download
from matchcast.history.download import Downloader, digest
from matchcast.history.errors import HistoryUnwritable, OriginRefused, OriginUnreachable, WrongChecksum
from matchcast.history.origins import Checksum

CONTENT = os.urandom(3_000_000)
PINNED = Checksum("sha256", hashlib.sha256(CONTENT).hexdigest())


def _downloader(tries: int = 3) -> Downloader:
    return Downloader(tries=tries, pause=0.001, timeout=5)


def test_a_fetch_that_is_cut_off_goes_on_at_the_byte_where_it_stopped(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT
    origin.cut_after = [1_000_000, 500_000]
    told: list[tuple[int, int | None]] = []
    target = tmp_path / "deep" / "file"
    _downloader().fetch(
        f"{origin.url}/file", target, PINNED, lambda _, done, total: told.append((done, total))
    )
    assert target.read_bytes() == CONTENT
    assert [wanted for _, wanted in origin.asked] == [None, "bytes=1000000-", "bytes=1500000-"]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_a_later_run_takes_up_what_an_earlier_one_has_left(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT
    origin.cut_after = [1_000_000, 0, 0]
    with pytest.raises(OriginUnreachable) as raised:
        _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert "what was fetched is kept" in (raised.value.hint or "")
    origin.cut_after = []
    _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert origin.asked[-1] == ("file", "bytes=1000000-")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_sends_the_whole_again(origin: Any, tmp_path: Path) -> None:
    origin.files["file"], origin.ranges = CONTENT, False
    origin.cut_after = [1_000_000]
    _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_file_that_is_there_and_right_is_not_fetched_again(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT
    for _ in range(2):
        _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert len(origin.asked) == 1


def test_a_fetch_that_broke_off_after_the_last_byte_is_whole(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT
    (tmp_path / "file.part").write_bytes(CONTENT)
    _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"something else", CONTENT + b"too much"])
def test_a_piece_that_does_not_fit_is_thrown_away_and_the_file_fetched_anew(
    origin: Any, tmp_path: Path, left: bytes
) -> None:
    origin.files["file"] = CONTENT
    (tmp_path / "file.part").write_bytes(left)
    _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_wrong_bytes_are_refused_and_not_kept(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(WrongChecksum, match=f"expected sha256 {PINNED.value}"):
        _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(WrongChecksum):
        _downloader().read(f"{origin.url}/file", PINNED)


def test_a_small_file_travels_compressed_and_is_compared_with_gits_id(origin: Any) -> None:
    origin.files["file"] = b'{"events": []}\n'
    known = Checksum("git", "2bdd2f3ec4b8b0c3a1a5e8f6a6ad1e7b6ed3d5b8")
    right = Checksum("git", digest(origin.files["file"], known))
    assert _downloader().read(f"{origin.url}/file", right) == origin.files["file"]
    with pytest.raises(WrongChecksum):
        _downloader().read(f"{origin.url}/file", known)


def test_gits_id_of_a_file_is_what_git_itself_says() -> None:
    # `printf 'hello\n' | git hash-object --stdin`
    assert digest(b"hello\n", Checksum("git", "")) == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_small_file_that_is_cut_off_is_asked_for_again(origin: Any) -> None:
    origin.files["file"] = CONTENT
    origin.cut_after = [10, 20]
    assert _downloader().read(f"{origin.url}/file", PINNED) == CONTENT


def test_a_server_that_is_busy_is_asked_again(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT
    origin.answers = [(503, {}), (429, {"Retry-After": "0"})]
    _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_missing_file_is_told_by_its_address(origin: Any, tmp_path: Path) -> None:
    with pytest.raises(OriginRefused, match=r"/file is not given: the server answers 404"):
        _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)


def test_too_many_requests_are_told_as_such(origin: Any) -> None:
    origin.answers = [(403, {"X-RateLimit-Remaining": "0"})]
    with pytest.raises(OriginRefused, match="too many requests"):
        _downloader().read(f"{origin.url}/file")


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(OriginUnreachable, match=r"cannot be fetched: .*refused"):
        _downloader(tries=1).fetch(f"http://127.0.0.1:{port}/file", tmp_path / "file", PINNED)


def test_a_full_disk_is_one_sentence(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT
    (tmp_path / "file.part").symlink_to("/dev/full")
    with pytest.raises(HistoryUnwritable, match="the disk is full"):
        _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)


def test_a_file_without_end_is_given_up(origin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LONGEST_FILE", 1_000_000)
    origin.files["file"] = CONTENT
    with pytest.raises(OriginRefused, match="more than 1000000 bytes"):
        _downloader().fetch(f"{origin.url}/file", tmp_path / "file", PINNED)


def test_a_folder_that_may_not_be_written_is_told(origin: Any, tmp_path: Path) -> None:
    origin.files["file"] = CONTENT
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(HistoryUnwritable, match="taken/file cannot be written"):
        _downloader().fetch(f"{origin.url}/file", tmp_path / "taken" / "file", PINNED)
