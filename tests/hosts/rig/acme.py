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


def ensure_pebble(go: Path) -> Path:
    """Return Pebble, built with `go` when it is not in the cache."""
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


def start_acme(network: Network, pebble: Path, folder: Path) -> AcmeServer:
    """Start Pebble in the router's namespace; it ends with the rig's network.

    It validates by HTTP at port 80 of whatever address the rig's name server gives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key, ca = make_certificate(folder, network.gateway)
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
    root = folder / "issuer.pem"
    root.write_bytes(fetch_root(network.gateway, ca, folder / "pebble.log"))
    return AcmeServer(f"https://{NAME}:{PORT}/dir", ca, root)


def make_certificate(folder: Path, address: str) -> tuple[Path, Path, Path]:
    """Make an authority and a certificate of the server's own; return (certificate, key, authority)."""
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
    return certificate, key, ca


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
