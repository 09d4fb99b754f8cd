"""A guard that scans its logger: what was read before the scan began is served first, not after it."""

import json
import socket
from types import SimpleNamespace
from typing import Any, cast

from rig.bench.guard.requests import Client
from rig.bench.guard.server import GuardServer


class Time:
    """A clock that moves to the end of each wait; nobody says anything more."""

    knocks = False

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def attend(self, until: float, *_: object) -> None:
        self.seconds = until


def test_a_request_that_is_read_already_does_not_wait_for_the_scan():
    listeners: list[Any] = []
    ended: list[Any] = []
    custody: Any = SimpleNamespace(listen_meanwhile=listeners.append, tell_ends=ended.append, silence_ends=None)
    clock = Time()
    wake, waker = socket.socketpair()
    with (
        wake,
        waker,
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.create_connection(door.getsockname()) as theirs,
    ):
        ours, _ = door.accept()
        server: Any = GuardServer(custody, cast(Any, clock), door, wake, "token", 0.0)
        client = Client(ours, json.dumps({"op": "call", "device": "fault_box", "ticket": 1}).encode() + b"\n")
        assert client.requests, "read, and not served"
        server._clients[ours] = client
        served: list[float] = []

        def carry_out(_client: Client, _request: dict[str, Any]) -> None:
            served.append(clock.now())

        server._carry_out = carry_out
        listeners[0](0.3)
        assert served == [0.0]
        assert theirs.recv(256)
        ours.close()
