"""The network of a rig: a bridge in a router namespace, names for the hosts, a way out to the registries.

A rig takes one /24 that is free on this machine: its first half is the hosts' network, its last /30 is the
link between the machine and the router. Whatever it makes carries the rig's id.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import signal
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.rig.places import STATE, held
from tests.hosts.rig.shell import RigError, run, run_inside

DOMAIN = "matchcast.test"
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
BEFORE = STATE / "ip_forward.before"


def free_subnet(rig: str, taken: Iterable[str]) -> str:
    """Return a /24 for a rig, derived from its id, that neither a route of this machine nor another rig uses.

    Raises:
        RigError: none is free.
    """
    routes = json.loads(run("ip", "-json", "-4", "route", "show", "table", "all").stdout)
    used = [ipaddress.ip_network(each) for each in taken]
    for route in routes:
        if route["dst"] != "default":
            used.append(ipaddress.ip_network(route["dst"], strict=False))
    start = zlib.crc32(rig.encode())
    for step in range(64 * 256):
        number = (start + step) % (64 * 256)
        subnet = ipaddress.ip_network(f"10.{64 + number // 256}.{number % 256}.0/24")
        if not any(subnet.overlaps(other) for other in used if other.version == 4):
            return str(subnet)
    raise RigError(
        "no network from 10.64.0.0 to 10.127.255.0 is free", hint="take down rigs that are not needed"
    )


@dataclass(frozen=True)
class Network:
    """The network of the rig with an id."""

    rig: str
    subnet: str
    folder: Path

    @property
    def hosts(self) -> ipaddress.IPv4Network:
        """The network on the bridge."""
        return ipaddress.IPv4Network(f"{self.subnet.removesuffix('/24')}/25")

    @property
    def gateway(self) -> str:
        """The router's address on the bridge: name server, way out, and where services for the hosts listen."""
        return str(self.hosts[1])

    @property
    def uplink(self) -> tuple[str, str]:
        """The two ends of the link: the machine's address and the router's."""
        link = list(ipaddress.IPv4Network(self.subnet))[-4:]
        return str(link[1]), str(link[2])

    @property
    def router(self) -> str:
        """The router's namespace."""
        return f"{self.rig}-router"

    def namespace(self, host: str) -> str:
        """The namespace of a host."""
        return f"{self.rig}-{host}"

    def is_up(self) -> bool:
        """Tell whether the router exists."""
        return Path("/run/netns", self.router).exists()

    def raise_up(self) -> None:
        """Make the router with its bridge, its name server and its way out, if it is not there."""
        if self.is_up():
            return
        try:
            self._make_router()
        except BaseException:
            self.take_down()
            raise

    def _make_router(self) -> None:
        mine, routers = self.uplink
        outer, inner = f"{self.rig}-up", f"{self.rig}-down"
        run("ip", "netns", "add", self.router)
        run_inside(self.router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.disable_ipv6=1")
        run_inside(self.router, "ip", "link", "set", "lo", "up")
        run_inside(self.router, "ip", "link", "add", "bridge", "type", "bridge", "forward_delay", "0")
        run_inside(self.router, "ip", "addr", "add", f"{self.gateway}/25", "dev", "bridge")
        run_inside(self.router, "ip", "link", "set", "bridge", "up")
        run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", self.router)
        run("ip", "addr", "add", f"{mine}/30", "dev", outer)
        run("ip", "link", "set", outer, "up")
        run_inside(self.router, "ip", "addr", "add", f"{routers}/30", "dev", inner)
        run_inside(self.router, "ip", "link", "set", inner, "up")
        run_inside(self.router, "ip", "route", "add", "default", "via", mine)
        run("ip", "route", "add", str(self.hosts), "via", routers)
        let_packets_through()
        table = f"""table ip {self.rig} {{
            chain leave {{
                type nat hook postrouting priority srcnat
                ip saddr {self.subnet} oifname != "{outer}" masquerade
            }}
        }}"""
        run("nft", "-f", "-", given=table)
        self._serve_names()

    def _serve_names(self) -> None:
        names, records = self.folder / "names", self.folder / "records"
        names.touch()
        records.touch()
        resolvers = [
            line.split()[1]
            for line in Path("/etc/resolv.conf").read_text("utf-8").splitlines()
            if line.startswith("nameserver")
        ]
        run_inside(
            self.router, "dnsmasq", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", f"--addn-hosts={names}",
            f"--addn-hosts={records}",
            "--bind-interfaces", f"--listen-address={self.gateway}", f"--domain={DOMAIN}", "--expand-hosts",
            # A question for a name below .test that has no answer here must not leave: an IPv6 question for a
            # host would be answered by nobody, and an ACME validation would fail with it.
            "--local=/test/", f"--pid-file={self.folder / 'dnsmasq.pid'}", "--user=root",
            *[f"--server={resolver}" for resolver in resolvers],
        )  # fmt: skip

    def publish(self, names: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Serve these names, each address with the names that lead to it; full names stay as they are."""
        lines = [f"{self.gateway} router acme\n"] + [
            f"{address} {' '.join(each)}\n" for address, each in names
        ]
        (self.folder / "names").write_text("".join(lines), encoding="utf-8")
        self._read_names_again()

    def point(self, name: str, address: str) -> None:
        """Let a full name lead to an address, beside those of the hosts: a record at a DNS provider."""
        with (self.folder / "records").open("a", encoding="utf-8") as records:
            records.write(f"{address} {name}\n")
        self._read_names_again()

    def _read_names_again(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.folder / "dnsmasq.pid").read_text("ascii")), signal.SIGHUP)

    def connect(self, host: str, address: str) -> None:
        """Make a host's namespace, with its link to the bridge and a route through the router."""
        namespace, link = self.namespace(host), f"to-{host}"[:15]
        run("ip", "netns", "add", namespace)
        run_inside(
            self.router, "ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace
        )
        run_inside(self.router, "ip", "link", "set", link, "master", "bridge", "up")
        run_inside(namespace, "ip", "link", "set", "lo", "up")
        run_inside(namespace, "ip", "addr", "add", f"{address}/25", "dev", "eth0")
        run_inside(namespace, "ip", "link", "set", "eth0", "up")
        run_inside(namespace, "ip", "route", "add", "default", "via", self.gateway)

    def disconnect(self, host: str) -> None:
        """Remove a host's namespace; its link goes with it."""
        run("ip", "netns", "delete", self.namespace(host), check=False)

    def take_down(self) -> None:
        """Remove all of it."""
        for process in run("ip", "netns", "pids", self.router, check=False).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        run("nft", "delete", "table", "ip", self.rig, check=False)
        run(
            "ip", "link", "delete", f"{self.rig}-up", check=False
        )  # takes our route and the other end with it
        run("ip", "netns", "delete", self.router, check=False)


def let_packets_through() -> None:
    """Let this machine forward packets, and remember whether it did before."""
    with held(STATE / "machine.lock"):
        if not BEFORE.exists():
            BEFORE.write_text(FORWARDING.read_text("ascii"), "ascii")
        FORWARDING.write_text("1\n", "ascii")


def restore_forwarding() -> None:
    """Put forwarding back as it was, when no rig is left."""
    with held(STATE / "machine.lock"):
        if BEFORE.exists() and not any(STATE.glob("*/rig.json")):
            FORWARDING.write_text(BEFORE.read_text("ascii"), "ascii")
            BEFORE.unlink()
