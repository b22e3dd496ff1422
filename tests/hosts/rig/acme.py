"""A real ACME server for the hosts: Pebble, built once with the locked Go, on the router's address."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.rig.network import DOMAIN, Network
from tests.hosts.rig.places import CACHE, held
from tests.hosts.rig.shell import RigError, run

GO = Path(__file__).parents[3] / ".venv-ansible/bin/go"
PEBBLE = "v2.10.1"
NAME = f"acme.{DOMAIN}"
PORT, MANAGEMENT_PORT = 14000, 15000
START_SECONDS = 60.0


@dataclass(frozen=True)
class AcmeServer:
    """An ACME server that runs."""

    directory: str
    """Where clients on the hosts begin."""
    ca: Path
    """The authority of the server's own certificate: what an ACME client has to trust."""
    root: Path
    """The authority of the certificates that it issues: what a visitor has to trust."""


def ensure_acme(network: Network) -> AcmeServer:
    """Return the rig's ACME server, started when it does not run; the rig's network is up already."""
    folder = network.folder / "acme"
    server = AcmeServer(f"https://{NAME}:{PORT}/dir", folder / "ca.pem", folder / "issuer.pem")
    with held(network.folder / "acme.lock"):
        if not server.root.exists():
            start_pebble(network, ensure_pebble(GO), folder)
            server.root.write_bytes(fetch_root(network.gateway, server.ca, folder / "pebble.log"))
    return server


def ensure_pebble(go: Path) -> Path:
    """Return Pebble, built with `go` when it is not in the cache.

    Raises:
        RigError: there is no `go`, or it could not fetch what Pebble is built of.
    """
    if not go.exists():
        raise RigError("the environment of Ansible is not made", hint="make ansible")
    folder = CACHE / "pebble" / PEBBLE
    with held(CACHE / "pebble.lock"):
        if not (folder / "pebble").exists():
            environment = {**os.environ, "GOBIN": str(folder), "GOTOOLCHAIN": "local"}
            built = subprocess.run(
                [go, "install", f"github.com/letsencrypt/pebble/v2/cmd/pebble@{PEBBLE}"],
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if built.returncode:
                raise RigError(
                    f"Pebble was not built:\n{built.stderr}", hint="check the way to Go's module proxy"
                )
    return folder / "pebble"


def start_pebble(network: Network, pebble: Path, folder: Path) -> None:
    """Start Pebble in the router's namespace; it ends with the rig's network.

    It validates by HTTP at port 80 of whatever address the rig's name server gives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = make_certificate(folder, network.gateway)
    configuration = folder / "pebble.json"
    configuration.write_text(
        json.dumps(
            {
                "pebble": {
                    "listenAddress": f"{network.gateway}:{PORT}",
                    "managementListenAddress": f"{network.gateway}:{MANAGEMENT_PORT}",
                    "certificate": str(certificate),
                    "privateKey": str(key),
                    "httpPort": 80,
                    "tlsPort": 443,
                    "profiles": {
                        "default": {"description": "As Let's Encrypt's", "validityPeriod": 90 * 86400}
                    },
                }
            }
        ),
        encoding="utf-8",
    )
    with (folder / "pebble.log").open("ab") as log:
        subprocess.Popen(
            ["ip", "netns", "exec", network.router, pebble, "-config", configuration,
             "-dnsserver", f"{network.gateway}:53"],
            env={**os.environ, "PEBBLE_VA_NOSLEEP": "1"},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def make_certificate(folder: Path, address: str) -> tuple[Path, Path]:
    """Make an authority, `ca.pem`, and a certificate of the server's own; return (certificate, key)."""
    authority, ca = folder / "ca.key", folder / "ca.pem"
    key, request, certificate = folder / "server.key", folder / "server.csr", folder / "server.pem"
    names = folder / "names"
    names.write_text(f"subjectAltName=DNS:{NAME},IP:{address}\n", "ascii")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run("openssl", "req", "-x509", *curve, "-keyout", authority, "-out", ca, "-days", "30",
        "-subj", "/CN=ACME server of the tests", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    run("openssl", "req", *curve, "-keyout", key, "-out", request, "-subj", f"/CN={NAME}")
    run("openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", authority, "-CAcreateserial",
        "-out", certificate, "-days", "30", "-extfile", names)  # fmt: skip
    return certificate, key


def fetch_root(address: str, ca: Path, log: Path) -> bytes:
    """Return the root of the certificates that the server issues, once it answers."""
    trust = ssl.create_default_context(cafile=str(ca))
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(
                f"https://{address}:{MANAGEMENT_PORT}/roots/0", context=trust, timeout=5
            ) as answer:
                root: bytes = answer.read()
                return root
        except OSError as error:
            if time.monotonic() > deadline:
                said = log.read_text("utf-8", "replace")[-2000:]
                raise RigError(f"Pebble does not answer ({error}):\n{said}") from error
            time.sleep(0.1)
