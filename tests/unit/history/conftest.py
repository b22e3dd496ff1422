"""An origin of open data on loopback, and records as the stream has them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from matchcast.history.files import HistoryFolder
from matchcast.history.origins import CATALOGUE, INTERNATIONALS, WYSCOUT, Checksum, OpenData
from matchcast.history.parquet import open_history
from matchcast.stream.client import StreamRecord


class Origin:
    """A server that has files, and may be told to misbehave.

    Attributes:
        files: path to contents.
        asked: each request as (path, its Range header).
        cut_after: bytes of a body after which the connection is closed, for the next requests.
        answers: statuses that the next requests get instead of the file.
        ranges: whether it knows ranges.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.cut_after: list[int] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.ranges = True
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                origin.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a client that goes away is what these tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0].lstrip("/")
        wanted = request.headers.get("Range")
        self.asked.append((path, wanted))
        if self.answers:
            status, headers = self.answers.pop(0)
            return self._send(request, status, b"", headers)
        if path not in self.files:
            return self._send(request, 404, b"", {})
        content, status, headers = self.files[path], 200, {}
        if wanted and self.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return self._send(request, 416, b"", {"Content-Range": f"bytes */{len(content)}"})
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            content, status = content[start:], 206
        elif "gzip" in request.headers.get("Accept-Encoding", ""):
            content, headers["Content-Encoding"] = gzip.compress(content), "gzip"
        return self._send(request, status, content, headers)

    def _send(
        self, request: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str]
    ) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if self.cut_after and content:
            content = content[: self.cut_after.pop(0)]
            request.close_connection = True
        request.wfile.write(content)


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server on loopback that gives what it is told to give."""
    served = Origin()
    thread = threading.Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.server.shutdown()
    served.server.server_close()
    thread.join()


@pytest.fixture
def internationals(origin: Origin, real_data: Path) -> OpenData:
    """The internationals' first lines on the server, pinned by their own checksums.

    The first results are older than the first goals that are told; those of the goals' time come after them.
    """
    data = CATALOGUE[INTERNATIONALS]
    with gzip.open(real_data / "international_results.csv.gz", "rb") as file:
        later = b"".join(line for line in file if b"1916" <= line[:4] < b"1930")
    files = {}
    for name in data.files:
        content = (real_data / "raw_samples" / name).read_bytes()
        if name == "results.csv":
            content += later
        origin.files[f"{data.repository}/{data.commit}/{name}"] = content
        origin.files[f"{data.repository}/HEAD/{name}"] = content
        files[name] = Checksum("sha256", hashlib.sha256(content).hexdigest())
    return data._replace(files=files)


@pytest.fixture
def wyscout(origin: Origin, real_data: Path) -> OpenData:
    """One of Wyscout's matches on the server, in files laid out as the origin's are."""
    data = CATALOGUE[WYSCOUT]
    samples = real_data / "raw_samples"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(samples / "wyscout_matches_sample.json", "matches_England.json")
        archive.writestr("matches_Italy.json", "[]")
    root = f"{data.repository}/{data.commit}"
    origin.files[f"{root}/raw_data/matches.zip"] = packed.getvalue()
    events = gzip.decompress((samples / "wyscout_2499943.json.gz").read_bytes())
    origin.files[f"{root}/{data.folder}/2499943.json"] = events
    listing: dict[str, Any] = {
        "tree": [
            {"path": data.folder, "type": "tree", "sha": "0" * 40},
            {"path": f"{data.folder}/2499943.json", "type": "blob", "sha": blob_id(events)},
        ],
        "truncated": False,
    }
    origin.files[f"repos/{data.repository}/git/trees/{data.commit}"] = json.dumps(listing).encode()
    checksum = Checksum("sha256", hashlib.sha256(packed.getvalue()).hexdigest())
    return data._replace(files={"raw_data/matches.zip": checksum})


def blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@pytest.fixture
def history(tmp_path: Path) -> HistoryFolder:
    return HistoryFolder(tmp_path / "history")


@pytest.fixture
def match_records() -> Callable[..., list[StreamRecord]]:
    """Make the records of a short match: kick-off, a goal for each side, a card, the end."""

    def make(
        match_id: str = "arsenal_chelsea",
        *,
        partition: int = 0,
        first: int = 0,
        named: bool = True,
        keyed: bool = True,
        origin: str = "simulated",
    ) -> list[StreamRecord]:
        match = {
            "id": match_id, "home_team": "Arsenal", "away_team": "Chelsea", "kick_off": "2025-08-16T14:00:00Z",
            "competition": "Premier League", "origin": origin, "seed": 7,
            "strengths": {"home": 1.5, "away": 1.2},
        }  # fmt: skip
        told: list[dict[str, Any]] = [
            {"type": {"name": "Half Start"}, "team": {"name": "Arsenal"}, "period": 1, "minute": 0, "second": 0},
            {"type": {"name": "Shot"}, "team": {"name": "Chelsea"}, "period": 1, "minute": 45, "second": 30,
             "shot": {"outcome": {"name": "Goal"}, "statsbomb_xg": 0.3}, "location": [110, 40],
             "player": {"name": "Cole Palmer"}},
            {"type": {"name": "Half End"}, "team": {"name": "Arsenal"}, "period": 1, "minute": 47, "second": 0},
            {"type": {"name": "Foul Committed"}, "team": {"name": "Chelsea"}, "period": 2, "minute": 45, "second": 9,
             "foul_committed": {"card": {"name": "Red Card"}}, "player": {"name": "Levi Colwill"}},
            {"type": {"name": "Own Goal For"}, "team": {"name": "Arsenal"}, "period": 2, "minute": 80, "second": 0},
            {"type": {"name": "Match End"}, "team": {"name": "Arsenal"}, "period": 2, "minute": 94, "second": 0},
        ]  # fmt: skip
        records = []
        for place, event in enumerate(told):
            event |= {"id": place + 1, "index": place + 1}
            if named:
                event["match"] = match
            key = match_id.encode() if keyed else None
            at = 1_755_352_800_000 + place * 60_000
            records.append(
                StreamRecord("football", partition, first + place, key, json.dumps(event).encode(), at)
            )
        return records

    return make


def offsets_of(history: HistoryFolder) -> list[int]:
    """Return the offsets of the records that are in history."""
    with open_history(history) as database:
        return [row[0] for row in database.execute("SELECT kafka_offset FROM events ORDER BY 1").fetchall()]
