"""`ansible/check_site.py` before what is not this site: each answer of another kind is told by a sentence."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.scripts import load_script

SCRIPT = Path(__file__).parents[2] / "ansible/check_site.py"
WELL: dict[str, Any] = {
    "/ready": {"matches": 5},
    "/api/v1/ready": {"model_version": "goal-rates-1"},
    "/api/v1/predict": {"home": 0.7, "draw": 0.2, "away": 0.1},
    "/health": {"release": "1.0.0"},
    "/api/v1/health": {"release": "1.0.0"},
    "/api/system/status": {"components": [{"name": "airflow", "state": "offline", "reason": "starting"}]},
}


class Pieces(list[bytes]):
    """An answer as it goes over the wire, piece by piece."""


class Trickle(Pieces):
    """One that begins, and goes on slowly as long as somebody listens."""

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        while True:
            time.sleep(0.05)
            yield b"x"


class Answers(BaseHTTPRequestHandler):
    """Says of each path what its server holds: bytes as they are, before the headers, all else as JSON."""

    def do_GET(self) -> None:
        said = self.server.said  # type: ignore[attr-defined]
        if isinstance(pieces := said.get(self.path), Pieces):
            self.close_connection = True
            with suppress(OSError):
                for piece in pieces:
                    self.wfile.write(piece)
            return
        content = b"Matchcast" if self.path == "/" else json.dumps(said[self.path]).encode()
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate", folder / "key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/O=Test/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@pytest.fixture
def server(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A site whose certificate is trusted; `said` is what it answers."""
    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def check_site() -> ModuleType:
    return load_script(SCRIPT)


def look(check_site: ModuleType, server: ThreadingHTTPServer, said: dict[str, Any]) -> list[str]:
    """Look at a site that answers so."""
    server.said = said  # type: ignore[attr-defined]
    lines: list[str] = check_site.check(f"localhost:{server.server_port}", "1.0.0", 0)
    return lines


def test_a_site_that_is_well_is_told_with_its_parts_that_are_not_online(
    check_site: ModuleType, server: ThreadingHTTPServer
) -> None:
    assert look(check_site, server, WELL)[1:] == [
        "✔ page         the dashboard shows 5 matches",
        "✔ api          ready, model goal-rates-1",
        "✔ forecast     1-0 after 67 minutes: 70% home, 20% draw, 10% away",
        "✔ release      dashboard 1.0.0, API 1.0.0",
        "! airflow is offline: starting",
    ]


@pytest.mark.parametrize("path", WELL)
@pytest.mark.parametrize("other", [{"status": "ok"}, [1], None, "up"], ids=json.dumps)
def test_json_of_another_kind_is_told_by_a_sentence(
    check_site: ModuleType, server: ThreadingHTTPServer, path: str, other: object
) -> None:
    with pytest.raises(check_site.Unwell) as unwell:
        look(check_site, server, {**WELL, path: other})
    if path.endswith("/health") and isinstance(other, dict):  # of a release before health named it
        assert "serves release of an unknown name, not 1.0.0." in unwell.value.message
    else:
        assert unwell.value.message.endswith(f"{path} answers what this site would not: {json.dumps(other)}")
        assert unwell.value.hint == "see that the name leads to this site's host"


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Trickle([b"H"]), "has not answered within 1 s."),
        (Trickle([OK, b"Content-Length: 5000\r\n\r\n"]), "has not answered within 1 s."),
        (Pieces([OK, b"\r\n", b"x" * 2001]), "answers more than 2,000 bytes."),
        (Pieces([OK, b"Content-Length: 5000\r\n\r\n", b'{"matches": 5}']), "broke off: IncompleteRead("),
        (
            Pieces([OK, b"\r\n", b'{"matches": 1e999}']),
            'answers what this site would not: {"matches": 1e999}',
        ),
        (Pieces([OK, b"\r\n", b"[" * 1990]), "answers what this site would not: [[["),
        (Pieces([b"HTTP/1.1 302 Found\r\nLocation: /ready\r\n\r\n"]), "leads elsewhere: /ready"),
        (Pieces([b"HTTP/1.1 500 Oh\r\n\r\n\x1b[2Jwiped"]), "answers 500: [2Jwiped"),
    ],
    ids=["head trickles", "body trickles", "huge", "cut", "infinite", "deep", "redirect", "terminal"],
)
def test_an_answer_that_is_slow_huge_cut_or_odd_is_told_by_a_sentence(
    check_site: ModuleType,
    server: ThreadingHTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    answer: Pieces,
    told: str,
) -> None:
    monkeypatch.setattr(check_site, "SECONDS", 1.0)
    monkeypatch.setattr(check_site, "LARGEST", 2000)
    with pytest.raises(check_site.Unwell) as unwell:
        look(check_site, server, {**WELL, "/ready": answer})
    assert unwell.value.message.startswith(f"https://localhost:{server.server_port}/ready {told}")


def test_what_a_site_says_of_itself_does_nothing_to_a_terminal(
    check_site: ModuleType, server: ThreadingHTTPServer
) -> None:
    lines = look(check_site, server, {**WELL, "/api/v1/ready": {"model_version": "\x1b[2Jone\ntwo\ud800"}})
    assert "✔ api          ready, model [2Jone two" in lines


def test_a_certificate_of_another_name_is_no_matter_of_renewing(
    check_site: ModuleType, server: ThreadingHTTPServer
) -> None:
    with pytest.raises(check_site.Unwell) as unwell:
        check_site.check(f"127.0.0.1:{server.server_port}", None, 0)
    assert "certificate is not valid for '127.0.0.1'." in unwell.value.message
    assert unwell.value.hint == "see that the name leads to this site's host"


@pytest.mark.parametrize("name", ["a..b", ".example.org", "example.org.", "https://example.org", "x" * 64])
def test_what_cannot_be_a_name_is_no_name_of_a_site(name: str) -> None:
    done = subprocess.run([sys.executable, SCRIPT, name], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"'{name}' is no name of a site" in done.stderr
