#!/usr/bin/python3
"""Tell whether this node and its cluster are as they should be; else say in a sentence what is not.

    kafka-healthy HOST PORT NODES

Healthy is: the broker at HOST:PORT answers, the quorum has a leader, all NODES are its voters and have its
log's end, all are brokers that take part, and every partition has all its replicas in step. A node may be
restarted when this holds.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kafka_protocol import answers

MOST_LAG = 50
"""Records of metadata that a follower may lack. A heartbeat's worth is always on the way."""


class Unhealthy(Exception):
    """What is not as it should be."""


def run(*command: str) -> str:
    """Return what one of Kafka's commands prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Unhealthy(f"{command[0]} failed: {''.join(last)}")
    return done.stdout


def require_quorum(text: str, nodes: set[int]) -> None:
    """Require that all nodes are voters which have caught up, as ``describe --replication`` shows them."""
    head, *rows = [line.split() for line in text.splitlines() if line.strip()]
    replicas = [dict(zip(head, row, strict=False)) for row in rows]
    voters = {int(row["NodeId"]): row for row in replicas if row["Status"] in {"Leader", "Follower"}}
    if not any(row["Status"] == "Leader" for row in replicas):
        raise Unhealthy("the quorum has no leader")
    if set(voters) != nodes:
        raise Unhealthy(f"the quorum's voters are {sorted(voters)}, and the nodes are {sorted(nodes)}")
    behind = {node: int(row["Lag"]) for node, row in voters.items() if int(row["Lag"]) > MOST_LAG}
    if behind:
        raise Unhealthy(
            "not caught up: " + ", ".join(f"node {node} by {lag} records" for node, lag in behind.items())
        )


def require_replicas(text: str) -> None:
    """Require that ``describe --under-replicated-partitions`` shows none."""
    behind = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if behind:
        raise Unhealthy(f"{len(behind)} partitions lack a replica in step, as {behind[0]}")


def require_healthy(host: str, port: int, nodes: set[int]) -> None:
    """Require a broker that answers, a quorum of all nodes, and replicas in step."""
    if not answers(host, port):
        raise Unhealthy(f"no broker answers at {host}:{port}")
    server = f"--bootstrap-server={host}:{port}"
    require_quorum(run("kafka-metadata-quorum", server, "describe", "--replication"), nodes)
    require_replicas(run("kafka-topics", server, "--describe", "--under-replicated-partitions"))


def main() -> None:
    """Check, and exit with 0 or with the reason."""
    nodes = {int(node) for node in sys.argv[3].split(",")}
    try:
        require_healthy(sys.argv[1], int(sys.argv[2]), nodes)
    except (Unhealthy, subprocess.TimeoutExpired) as error:
        raise SystemExit(f"Kafka is not healthy: {error}.") from error
    print(f"Kafka is healthy: {len(nodes)} node{'s' if len(nodes) > 1 else ''}, all replicas in step.")


if __name__ == "__main__":
    main()
