"""Ask a Kafka node whether it speaks: one request, no client library.

Hosts have this file alone, without the package: it imports nothing but the standard library.
"""

import socket
import struct


def answers(host: str, port: int, timeout: float = 5.0) -> bool:
    """Tell whether Kafka speaks its protocol at `host:port`: an ApiVersions request, version 0."""
    client = b"matchcast"
    request = struct.pack(f">hhih{len(client)}s", 18, 0, 1, len(client), client)
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.settimeout(timeout)
            connection.sendall(struct.pack(">i", len(request)) + request)
            head = connection.recv(10, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(head) == 10 and struct.unpack(">iih", head)[1:] == (1, 0)
