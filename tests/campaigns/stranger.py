"""What a stranger does at a port, drawn at random; none of it is a request that anybody there understands."""

import contextlib
import json
import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from rig.doorstep import BEGINNING, MOST_STRANGERS, greeting

WALL_SECONDS = 1.0  # the longest that a stranger waits to be rid of its bytes
CROWD = 2 * MOST_STRANGERS
MOST_BYTES = 60_000  # without a line's end; an instrument's buffer holds 64 KiB, and overflowing it is an error there
RESET = struct.pack("ii", 1, 0)  # close with a reset
VERBS = ("GET", "POST", "PUT", "OPTIONS", "CONNECT")


@dataclass(frozen=True, slots=True)
class Door:
    """A port, and its token; None where there is none, as at an instrument."""

    name: str
    number: int
    token: str | None


@dataclass(slots=True)
class Stranger:
    """Knocks, says its piece, and stays or goes; `leave` ends whatever it has left open."""

    chance: random.Random
    _open: list[socket.socket] = field(default_factory=list[socket.socket])
    _slow: list[tuple[socket.socket, bytearray]] = field(default_factory=list[tuple[socket.socket, bytearray]])

    def act(self, door: Door) -> str:
        """Do one random thing at a door, and go on with the slow ones; the name of it. Raises OSError if unheard."""
        for connection, left in self._slow:
            with contextlib.suppress(OSError):
                del left[: connection.send(left[:1])]
        kinds = {**MANNERS, **(SAYINGS if door.token is not None else WORDS)}
        kind = self.chance.choice(sorted(kinds))
        if kind in MANNERS:
            MANNERS[kind](self, door)
        else:
            self._say(door, kinds[kind](self.chance, door.token or ""))
        return kind

    def leave(self) -> None:
        """Hang up wherever it still is."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._slow.clear()

    def knock(self, door: Door) -> socket.socket:
        """Connect, and stay."""
        connection = socket.create_connection(("127.0.0.1", door.number), timeout=WALL_SECONDS)
        self._open.append(connection)
        return connection

    def come_and_go(self, door: Door) -> None:
        """Connect and hang up at once."""
        self.knock(door).close()

    def crowd(self, door: Door) -> None:
        """Many at once, who stay for a while."""
        for _ in range(CROWD):
            self.knock(door)

    def reset(self, door: Door) -> None:
        """Say half of something and tear the connection down."""
        connection = self.knock(door)
        with contextlib.suppress(OSError):
            connection.sendall(noise(self.chance, 2000))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()

    def half_close(self, door: Door) -> None:
        """Say that no more will come, and stay."""
        with contextlib.suppress(OSError):
            self.knock(door).shutdown(socket.SHUT_WR)

    def dawdle(self, door: Door) -> None:
        """One byte now, and one each time that any stranger does something."""
        self._slow.append((self.knock(door), bytearray(BEGINNING + noise(self.chance, 200))))

    def _say(self, door: Door, said: bytes) -> None:
        connection = self.knock(door)
        with contextlib.suppress(OSError):  # it may hang up in the middle of it
            connection.sendall(said)
            if self.chance.random() < 0.5:
                connection.close()


def noise(chance: random.Random, most: int) -> bytes:
    """Bytes of chance, without a line's end."""
    return chance.randbytes(chance.randrange(1, most)).replace(b"\n", b"\r")


def _deep(chance: random.Random) -> bytes:
    return chance.choice((b"[", b'{"op":', b'{"a":[')) * chance.randrange(1_000, 100_000)


def _web_page(chance: random.Random, body: bytes) -> bytes:
    head = f"{chance.choice(VERBS)} / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _requests(chance: random.Random) -> bytes:
    """What would do harm if anybody listened."""
    requests = [
        {"op": "make_safe", "ticket": "1"},
        {"op": "expel"},
        {"op": "join", "name": "run", "priority": 0},
        {"op": "pace", "pace": 1.0},
        {"op": "lid", "closed": False},
        {"op": "dropout", "after_seconds": 0.0, "seconds": 1.0},
        {"op": "relays", "reset": True},
    ]
    chance.shuffle(requests)
    return b"".join(json.dumps(one).encode() + b"\n" for one in requests)


def _nearly(chance: random.Random, token: str) -> str:
    """A token that is another one: a letter changed, cut short, too long, none."""
    at = chance.randrange(len(token))
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    return chance.choice((changed, token[:at], token + "A", token.swapcase(), ""))


def _no_request(chance: random.Random) -> bytes:
    """Lines that nobody can take for a request."""
    lines = (_deep(chance), noise(chance, 5000), b"{}", b'{"op":["make_safe"]}', b'{"op":null}', b"null", b'"op"')
    return b"".join(chance.choice(lines) + b"\n" for _ in range(chance.randrange(1, 20)))


Saying = Callable[[random.Random, str], bytes]
MANNERS: dict[str, Callable[[Stranger, Door], object]] = {
    "half-open": Stranger.knock,
    "come and go": Stranger.come_and_go,
    "a crowd": Stranger.crowd,
    "a reset": Stranger.reset,
    "half-closed": Stranger.half_close,
    "slow": Stranger.dawdle,
}
# at a port with a token
SAYINGS: dict[str, Saying] = {
    "noise": lambda chance, _: noise(chance, 200_000) + b"\n",
    "deep JSON": lambda chance, _: _deep(chance) + b"\n",
    "a web page": lambda chance, _: _web_page(chance, _requests(chance)),
    "deep JSON of a web page": lambda chance, _: _web_page(chance, _deep(chance) + b"\n"),
    "a long line": lambda chance, _: BEGINNING + b"a" * chance.randrange(300, 1_000_000),
    "no token": lambda chance, _: _requests(chance),
    "a wrong token": lambda chance, token: greeting(_nearly(chance, token)) + _requests(chance),
    "the token, no request": lambda chance, token: greeting(token) + _no_request(chance),
}
# at an instrument's: a line's end would make a command of it
WORDS: dict[str, Saying] = {
    "noise": lambda chance, _: noise(chance, MOST_BYTES),
    "a web page's first words": lambda chance, _: f"{chance.choice(VERBS)} / HTTP/1.1".encode(),
    "half a command": lambda chance, _: chance.choice((b"*RST", b":OUTP OFF", b"*CLS;:OUTP", b"\x04\x14")),
}
