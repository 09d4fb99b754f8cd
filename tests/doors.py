"""A twin's clock and control ports, for whoever has its token: its first line, or a table of its station file."""

import json
import socket
from collections.abc import Mapping
from typing import Any

from rig.doorstep import enter

WALL_SECONDS = 10.0


def opened(addresses: Mapping[str, str], port: str = "control", wall_seconds: float = WALL_SECONDS) -> socket.socket:
    """A connection that has shown the token."""
    host, _, number = addresses[port].rpartition(":")
    return enter(host, int(number), addresses["token"], wall_seconds)[0]


def asked(addresses: Mapping[str, str], request: Mapping[str, object] | bytes, port: str = "control") -> dict[str, Any]:
    """The answer to one request, on a connection of its own."""
    text = request if isinstance(request, bytes) else json.dumps(request).encode()
    with opened(addresses, port) as connection:
        connection.sendall(text + b"\n")
        return json.loads(connection.makefile().readline())
