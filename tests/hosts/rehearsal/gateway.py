"""The internet gateway of the cloud that is played: reserved addresses, translated one to one.

As on Oracle Cloud no host knows its public address. The reserved ones are of the upper half of the rig's network,
which no host is in; this machine is the world that reaches them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from tests.hosts.rig.network import Network
from tests.hosts.rig.shell import run, run_inside


def reserved(network: Network) -> ipaddress.IPv4Network:
    """Return the network that public addresses are drawn from."""
    _, upper = ipaddress.IPv4Network(network.subnet).subnets()
    return next(upper.subnets())


def translate(network: Network, addresses: Mapping[str, str]) -> None:
    """Let each public address lead to a private one, and no other.

    Args:
        network: the rig's, which is up.
        addresses: the private address behind each public one.
    """
    pool, (_, router) = reserved(network), network.uplink
    run("ip", "route", "replace", str(pool), "via", router)
    # Where the bridge shows its packets to the packet filter, a host that asks for its own public address gets none.
    run_inside(network.router, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", check=False)
    run_inside(network.router, "ip", "route", "replace", str(pool), "dev", "bridge")
    led = ", ".join(f"{public} : {private}" for public, private in addresses.items())
    elements = f"elements = {{ {led} }}" if led else ""
    rules = f"""
        add table ip reserved
        delete table ip reserved
        table ip reserved {{
            map led {{
                type ipv4_addr : ipv4_addr
                {elements}
            }}
            chain arrive {{
                type nat hook prerouting priority dstnat
                dnat to ip daddr map @led
            }}
            chain from_the_router {{
                type nat hook output priority -100
                dnat to ip daddr map @led
            }}
            chain between_hosts {{
                type nat hook postrouting priority srcnat
                ip saddr {network.hosts} ct status dnat masquerade
            }}
        }}"""
    run("ip", "netns", "exec", network.router, "nft", "-f", "-", given=rules)
