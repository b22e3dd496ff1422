#!/usr/bin/python
"""Keep one chain of the packet filter's INPUT, and leave all other rules as they are."""

from __future__ import annotations

import ipaddress
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: input_chain
short_description: Keep one chain of the packet filter's INPUT
description:
  - Everything that may come in is decided in a chain of its own, that INPUT enters before any rule that
    accepts or refuses. Rules of others stay where they are; none is flushed.
  - The chain is replaced in one transaction of C(iptables-restore), so that no moment is without it.
  - The same rules are written into the file that netfilter-persistent loads at a boot.
options:
  family: {description: Protocol family., type: str, choices: [ipv4, ipv6], required: true}
  chain: {description: Name of the chain., type: str, required: true}
  openings:
    description: What is open, in this order.
    type: list
    elements: dict
    required: true
    suboptions:
      ports: {description: TCP ports., type: list, elements: int, required: true}
      networks: {description: Networks of both families that may connect., type: list, elements: str, required: true}
  saved: {description: File that netfilter-persistent loads., type: path, required: true}
  session:
    description: The SSH_CONNECTION of the session that must not be cut; empty when there is none.
    type: str
    default: ""
author: Matchcast
"""

EXAMPLES = r"""
- name: Keep the chain
  input_chain:
    family: ipv4
    chain: MATCHCAST
    openings: [{ports: [22], networks: [192.0.2.0/24]}]
    saved: /etc/iptables/rules.v4
"""

RETURN = r"""
live_changed: {description: Whether the running rules had to change., type: bool, returned: always}
saved_changed: {description: Whether the saved rules had to change., type: bool, returned: always}
"""

EMPTY = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
DECIDES = frozenset({"ACCEPT", "DROP", "REJECT"})

# The forms are those in which iptables-save prints a rule, so that the two can be compared.
ALWAYS = {
    4: [
        "-i lo -j ACCEPT",
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-p icmp -j ACCEPT",
    ],
    6: [
        "-i lo -j ACCEPT",
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-p ipv6-icmp -j ACCEPT",
        # Answers of DHCPv6 come from another address than the question went to, so they are not ESTABLISHED.
        "-d fe80::/64 -p udp -m udp --dport 546 -j ACCEPT",
    ],
}
REFUSE = {
    4: "-j REJECT --reject-with icmp-host-prohibited",
    6: "-j REJECT --reject-with icmp6-adm-prohibited",
}


class WrongRules(Exception):
    """The rules that were asked for cannot be made, or would cut off the session that makes them."""


def chain_rules(version: int, openings: Iterable[dict[str, Any]]) -> list[str]:
    """Return what the chain of IP `version` holds, as iptables-save prints it, without the ``-A CHAIN``."""
    rules = list(ALWAYS[version])
    for opening in openings:
        for text in opening["networks"]:
            network = read_network(text)
            if network.version == version:
                source = "" if network.prefixlen == 0 else f"-s {network} "
                rules += [f"{source}-p tcp -m tcp --dport {port} -j ACCEPT" for port in opening["ports"]]
    return [*dict.fromkeys(rules), REFUSE[version]]


def read_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return the network that `text` names; an address is a network of its own."""
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise WrongRules(
            f"{text!r} is not a network: {error}. Write it like 192.0.2.0/24 or 2001:db8::/64."
        ) from error


def require_session(session: str, openings: Sequence[dict[str, Any]]) -> None:
    """Refuse rules under which this SSH session could not be opened again."""
    if not session:
        return
    client, _, _, port = session.split()
    address = ipaddress.ip_address(client.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    for opening in openings:
        networks = [read_network(text) for text in opening["networks"]]
        if int(port) in opening["ports"] and any(address in network for network in networks):
            return
    raise WrongRules(
        f"This session comes from {address} to port {port}, which the firewall would not let in again. "
        f"Add the address to firewall_ssh_networks, and see that firewall_ssh_port is {port}."
    )


def weave(text: str, chain: str, rules: Sequence[str]) -> str:
    """Return the saved rules `text` with `chain` as it should be; every other line stays as it is.

    INPUT enters the chain where it did, when nothing before that accepts or refuses; else before the
    first rule that does.
    """
    jump = f"-A INPUT -j {chain}"
    own = (f":{chain} ", f"-A {chain} ")
    lines = text.splitlines()
    begin = lines.index("*filter")
    end = lines.index("COMMIT", begin)
    body = [line for line in lines[begin + 1 : end] if not line.startswith(own)]
    jumps = [at for at, line in enumerate(body) if line == jump]
    deciding = [at for at, line in enumerate(body) if line.startswith("-A INPUT ") and decides(line)]
    if len(jumps) != 1 or (deciding and deciding[0] < jumps[0]):
        body = [line for line in body if line != jump]
        rest = [at for at, line in enumerate(body) if line.startswith("-A ")]
        inputs = [at for at, line in enumerate(body) if line.startswith("-A INPUT ")]
        deciding = [at for at in inputs if decides(body[at])]
        after = inputs[-1] + 1 if inputs else (rest[0] if rest else len(body))
        body.insert(deciding[0] if deciding else after, jump)
    first_rule = next(at for at, line in enumerate(body) if line.startswith("-A "))
    last_rule = max(at for at, line in enumerate(body) if line.startswith("-A ")) + 1
    body[last_rule:last_rule] = [f"-A {chain} {rule}" for rule in rules]
    body.insert(first_rule, f":{chain} - [0:0]")
    return "\n".join([*lines[: begin + 1], *body, *lines[end:]]) + "\n"


def decides(rule: str) -> bool:
    """Tell whether a rule accepts or refuses by itself, rather than by a chain that it enters."""
    words = rule.split()
    return "-j" in words and words[words.index("-j") + 1] in DECIDES


def plain(text: str) -> list[str]:
    """Return what `text` says, by table and chain: no comments, no counters, no order between chains."""
    table, said = "", []
    for line in text.splitlines():
        if line.startswith("*"):
            table = line
        elif line.startswith((":", "-A ")):
            chain = line[1:].split()[0] if line.startswith(":") else line.split()[1]
            said.append((table, chain, line.split(" [")[0]))
    return [line for _, _, line in sorted(said, key=lambda each: each[:2])]


def transaction(now: str, wanted: str, chain: str) -> str:
    """Return what brings the running rules from `now` to `wanted`, for ``iptables-restore --noflush``."""
    jump = f"-A INPUT -j {chain}"
    before = [line for line in now.splitlines() if line.startswith("-A INPUT ")]
    after = [line for line in wanted.splitlines() if line.startswith("-A INPUT ")]
    steps = [f":{chain} - [0:0]"]  # declared, so emptied; nobody sees it before the COMMIT
    steps += [line for line in wanted.splitlines() if line.startswith(f"-A {chain} ")]
    if before != after:
        steps += [f"-D INPUT -j {chain}"] * before.count(jump)
        steps.append(f"-I INPUT {after.index(jump) + 1} -j {chain}")
    return "\n".join(["*filter", *steps, "COMMIT"]) + "\n"


def replace_file(path: Path, text: str) -> None:
    """Write `text` aside and rename it, so that a power cut leaves one or the other whole."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o640
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as aside:
        aside.write(text)
        os.fchmod(aside.fileno(), mode)
        os.fsync(aside.fileno())
    Path(aside.name).rename(path)


def main() -> None:
    """Run as an Ansible module."""
    opening = {
        "ports": {"type": "list", "elements": "int", "required": True},
        "networks": {"type": "list", "elements": "str", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "family": {"type": "str", "choices": ["ipv4", "ipv6"], "required": True},
            "chain": {"type": "str", "required": True},
            "openings": {"type": "list", "elements": "dict", "options": opening, "required": True},
            "saved": {"type": "path", "required": True},
            "session": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    asked = module.params
    version, program = (4, "iptables") if asked["family"] == "ipv4" else (6, "ip6tables")
    saved = Path(asked["saved"])
    try:
        require_session(asked["session"], asked["openings"])
        rules = chain_rules(version, asked["openings"])
    except WrongRules as error:
        module.fail_json(msg=str(error))

    installed = module.get_bin_path(f"{program}-restore")
    if not installed and not module.check_mode:
        module.fail_json(msg=f"{program} is not installed. Run the tasks tagged `install` first.")
    live = EMPTY
    if installed:
        _, printed, _ = module.run_command([f"{program}-save", "-t", "filter"], check_rc=True)
        live = printed if "*filter" in printed else EMPTY
    kept = saved.read_text(encoding="utf-8") if saved.exists() else ""
    kept = kept if "*filter" in kept.splitlines() else kept + EMPTY
    wanted, to_keep = (weave(text, asked["chain"], rules) for text in (live, kept))
    live_changed = plain(live) != plain(wanted)
    saved_changed = not saved.exists() or plain(kept) != plain(to_keep)

    if not module.check_mode:
        if live_changed:
            module.run_command(
                [f"{program}-restore", "--noflush"],
                data=transaction(live, wanted, asked["chain"]),
                check_rc=True,
            )
        if saved_changed:
            replace_file(saved, to_keep)
    diff = [
        {"before_header": header, "after_header": header, "before": before, "after": after}
        for header, before, after in (
            (f"running rules ({asked['family']})", as_text(live), as_text(wanted)),
            (str(saved), as_text(kept), as_text(to_keep)),
        )
        if before != after
    ]
    module.exit_json(
        changed=live_changed or saved_changed,
        live_changed=live_changed,
        saved_changed=saved_changed,
        diff=diff,
    )


def as_text(rules: str) -> str:
    """Return the lines of `rules` that say something."""
    return "\n".join(plain(rules)) + "\n"


if __name__ == "__main__":
    main()
