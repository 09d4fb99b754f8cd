"""The guard's door: a stranger can do nothing to it, nor keep it up; a client's fault ends that client alone."""

import resource
import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rig.bench import Bench
from rig.bench.guard import GuardSettings
from rig.bench.guard.place import Contact
from rig.bench.guard.process import running_guard
from rig.bench.guard.server import GuardServer
from rig.clock import WallClock
from rig.doorstep import enter
from rig.errors import LeaseLost
from tests.bench.conftest import Twin  # pyright: ignore[reportMissingImports]
from tests.bench.test_guard import await_end, energised
from tests.hostile import HOSTILE


def contact_of(twin: Twin) -> Contact:
    contact = running_guard(GuardSettings.of(twin.station))
    assert contact is not None
    return contact


def knocking(contact: Contact) -> socket.socket:
    return socket.create_connection(("127.0.0.1", contact.port), timeout=10)


def hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


def test_strangers_get_nothing_and_change_nothing(twin: Twin) -> None:
    bench = energised(twin)
    contact = contact_of(twin)
    for what, said in HOSTILE.items():
        with knocking(contact) as stranger:
            try:
                stranger.sendall(said)
                stranger.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it hung up in the middle of it
            assert hung_up(stranger), what
    assert twin.live
    bench.require_lease()
    bench.close()


def test_a_crowd_of_strangers_takes_no_descriptor_that_is_needed(twin: Twin) -> None:
    bench = energised(twin)
    contact = contact_of(twin)
    opened = len(list(Path(f"/proc/{contact.pid}/fd").iterdir()))
    resource.prlimit(contact.pid, resource.RLIMIT_NOFILE, (opened + 4, opened + 4))
    crowd = [knocking(contact) for _ in range(64)]
    bench.clock.sleep(5.0)
    assert bench.battery.measure()[0] > 7.0
    assert twin.live
    for stranger in crowd:
        stranger.close()
    bench.close()


def test_a_stranger_who_stays_keeps_nobody_up(twin: Twin) -> None:
    bench = Bench(twin.station)
    contact = contact_of(twin)
    strangers = [knocking(contact) for _ in range(3)]
    bench.close()
    began = time.monotonic()
    await_end(contact.pid)
    assert time.monotonic() - began < 2.0
    for stranger in strangers:
        with stranger:
            assert hung_up(stranger)


@pytest.mark.parametrize(
    "said",
    [b"[" * 100_000 + b"\n", b'{"op":["make_safe"]}\n', b'{"op":"beat"}' * 100_000, b'{"op":"identities"}\n' * 1000],
    ids=["deep", "no word", "no end", "too many"],
)
def test_the_fault_of_a_known_client_ends_that_one_alone(twin: Twin, said: bytes) -> None:
    bench = energised(twin)
    contact = contact_of(twin)
    other, _ = enter("127.0.0.1", contact.port, contact.token, 10.0)
    other.sendall(said)
    while select.select([other], [], [], 10.0)[0] and not hung_up(other):
        pass
    other.close()
    assert twin.live
    bench.close()


@pytest.mark.parametrize(
    "request_",
    [
        {"op": "energise", "source": "battery", "max_seconds": 10**400, "max_celsius": 60.0},
        {"op": "call", "device": "battery", "method": "measure"},
    ],
)
def test_a_holder_whose_request_is_no_request_loses_its_energy(twin: Twin, request_: dict[str, Any]) -> None:
    bench = energised(twin)
    with pytest.raises(Exception, match="not understood"):
        bench._line.ask(str(request_.pop("op")), **request_)
    with pytest.raises(LeaseLost):
        bench.battery.measure()
    assert twin.seconds_until_off(5.0) < 2.0
    bench.disconnect()


def test_a_fault_of_the_guards_own_ends_with_the_outputs_off() -> None:
    done: list[str] = []

    def fail(_: object) -> None:
        raise RuntimeError("a mistake of ours")

    custody = SimpleNamespace(
        listen_meanwhile=lambda _: None,
        tell_ends=lambda _: None,
        bench_due=0.0,
        silence_ends=None,
        watch=fail,
        make_safe=lambda: done.append("safe"),
    )
    wake, wakes = socket.socketpair()
    with wake, wakes, socket.create_server(("127.0.0.1", 0)) as listener:
        server = GuardServer(cast("Any", custody), WallClock(), listener, wake, "token", 0.0)
        with pytest.raises(RuntimeError, match="a mistake of ours"):
            server.serve()
    assert done == ["safe"]


class KnockedAtOnce(WallClock):
    """A clock whose wait ends by the knock of a client that has only just entered."""

    knocks = True

    def __init__(self, knocked: Callable[[], None]) -> None:
        super().__init__()
        self._knocked = knocked

    def attend(self, *arguments: Any) -> None:
        self._knocked()


def test_a_request_is_served_though_its_knock_came_while_its_sender_entered() -> None:
    """The twin knocks once: a wake-up that left the request unread made both wait for ever."""
    custody = SimpleNamespace(listen_meanwhile=lambda _: None, tell_ends=lambda _: None, silence_ends=None)
    custody.bench_due, custody.watch, custody.identities = None, lambda _: None, {"battery": "there"}
    wake, wakes = socket.socketpair()
    with wake, wakes, socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as entering:
        entered = entering.submit(enter, "127.0.0.1", listener.getsockname()[1], "token", 10.0)
        clients: list[socket.socket] = []

        def knocked() -> None:
            while not entered.done():
                for source in select.select(server._sources, [], [], 1.0)[0]:
                    server._concerns(source)
            if not clients:
                clients.append(entered.result()[0])
                clients[0].sendall(b'{"op":"identities","ticket":"a 1"}\n')

        server = GuardServer(cast("Any", custody), KnockedAtOnce(knocked), listener, wake, "token", 0.0)
        server._turn()
        assert server._served == ["a 1"]
        with clients[0]:
            assert b"there" in clients[0].recv(4096)
        server._see_off("the test is over", list(server._clients.values()))
