"""One fault of a cable: which chunk of bytes it strikes, and what becomes of it."""

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

Kind = Literal["drop", "delay", "duplicate", "corrupt", "split", "reset", "late", "garbage", "silence", "drip"]
KINDS: tuple[Kind, ...] = (
    *("drop", "delay", "duplicate", "corrupt", "split"),
    *("reset", "late", "garbage", "silence", "drip"),
)
DIRECTIONS = ("to_device", "to_host")
DIGITS_SHARE = 0.7  # of the bit flips hit a digit where there is one
DELAY_SECONDS = 0.02  # within every driver's patience
PIECE_SECONDS = 0.002
DRIPPED_BYTES = 64  # of a long chunk; the rest follows at once
SERIAL_LATE_SECONDS = 0.7  # after every serial driver's patience, which is bench time

# (seconds to wait before it, bytes): None waits for the next chunk of the same direction
Piece = tuple[float | None, bytes]


@dataclass(slots=True)
class Fault:
    """Strikes the chunk of that number (from 0) in its direction, once; silence lasts until the proxy is disarmed."""

    kind: Kind
    direction: str = "to_host"
    chunk: int = 0
    seed: int = 0
    struck: bool = False
    struck_at: float = 0.0  # wall time, monotonic
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, not secret

    def pieces(self, data: bytes, *, serial: bool) -> list[Piece]:
        """What arrives instead of this chunk; `reset` and `silence` are the proxy's to do."""
        chance = self._random
        match self.kind:
            case "drop":
                # all of it, or some of its bytes: a line or frame that lost its end
                if chance.random() < 0.5:
                    return []
                first = chance.randrange(len(data))
                return [(0.0, data[:first] + data[first + chance.randint(1, 8) :])]
            case "delay":
                return [(DELAY_SECONDS, data)]
            case "late":
                return [(SERIAL_LATE_SECONDS if serial else None, data)]
            case "duplicate":
                return [(0.0, data + data)]
            case "corrupt":
                # a digit that becomes another one does the most harm
                digits = [place for place, byte in enumerate(data) if byte in b"0123456789"]
                spoilt = bytearray(data)
                if digits and chance.random() < DIGITS_SHARE:
                    spoilt[chance.choice(digits)] ^= 1
                else:
                    spoilt[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                return [(0.0, bytes(spoilt))]
            case "garbage":
                noise = chance.randbytes(chance.randint(1, 12))
                place = chance.choice((0, len(data), chance.randrange(len(data))))
                return [(0.0, data[:place] + noise + data[place:])]
            case "split":
                cuts = sorted({0, len(data), *(chance.randrange(len(data)) for _ in range(3))})
                parts = [data[a:b] for a, b in pairwise(cuts)]
                return [(PIECE_SECONDS, part) for part in parts]
            case "drip":
                drops: list[Piece] = [(PIECE_SECONDS, data[at : at + 1]) for at in range(min(len(data), DRIPPED_BYTES))]
                return [*drops, (0.0, data[DRIPPED_BYTES:])]
            case _:
                return []
