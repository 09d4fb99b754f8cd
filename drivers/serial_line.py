"""A serial port with its own reader thread: the only place that touches pyserial."""

import select
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, cast

import serial

from rig.clock import Clock
from rig.errors import ConnectionLost, blames_its_role

TRANSCRIPT_CHUNKS = 20_000  # about an hour of a chatty port; older traffic is dropped
WRITE_SECONDS = 2.0  # wall time after which a port that takes no bytes counts as lost
POLL_SECONDS = 0.1  # wall time between looks at ports that offer no file descriptor


@dataclass(frozen=True, slots=True)
class Traffic:
    """One chunk of raw traffic; `wall_seconds` is Unix time, `direction` is seen from the host."""

    wall_seconds: float
    direction: Literal["sent", "received"]
    data: bytes


@blames_its_role
class SerialLine:
    """A serial port, fenced by the bench clock; splitting its bytes into messages is up to the caller.

    The url is anything `serial.serial_for_url` opens: a path, a COM port, `socket://host:port`, `loop://`.
    """

    def __init__(self, url: str, baud: int, clock: Clock, *, role: str = "unit") -> None:
        """Open the port exclusively where the system can.

        Raises ConnectionLost when the port is missing or in use.
        """
        self.url = url
        self.baud = baud
        self.role = role
        self.transcript: deque[Traffic] = deque(maxlen=TRANSCRIPT_CHUNKS)
        self.clock = clock
        self._closed = False
        self._open()

    @property
    def endpoint(self) -> str:
        """What the other end knows it by: the url it was opened with."""
        return self.url

    @property
    def sent_bytes(self) -> int:
        """How many bytes were written since it was attached."""
        return self._sent

    @property
    def received_bytes(self) -> int:
        """How many bytes the reader has taken since it was attached."""
        return self._received

    @property
    def lost(self) -> str | None:
        """Why the port is gone, or None while it works."""
        return self._lost

    def await_received(self, count: int, wall_seconds: float) -> bool:
        """Block until `received_bytes` has reached count; false when the wall limit passed first."""
        with self._arrival:
            return self._arrival.wait_for(lambda: self._received >= count or self._lost is not None, wall_seconds) and (
                self._received >= count
            )

    def write(self, data: bytes, told: bytes | None = None) -> None:
        """Send bytes; raises ConnectionLost when the port is gone or takes nothing for two seconds.

        `told` stands in the transcript instead, where the bytes hold a secret.
        """
        self.check()
        try:
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            self._fail(str(error))
            raise ConnectionLost(self._message(str(error))) from error
        self._sent += len(data)
        self.transcript.append(Traffic(time.time(), "sent", data if told is None else told))

    def take(self) -> bytes:
        """Hand out all bytes not yet taken; raises ConnectionLost when none will ever come."""
        with self._arrival:
            data = bytes(self._pending)
            self._pending.clear()
        if not data:
            self.check()
        return data

    def check(self) -> None:
        """Raise ConnectionLost when the port is closed or gone."""
        if self._closed:
            raise ConnectionLost(self._message("it was closed"))
        if self._lost is not None:
            raise ConnectionLost(self._message(self._lost))

    def reopen(self, attempts: int = 5) -> None:
        """Open the port again after a loss, waiting 0.1, 0.2, 0.4 ... seconds of bench time between attempts.

        Raises ConnectionLost when the last attempt fails, too.
        """
        self.close()
        for attempt in range(attempts):
            try:
                self._open()
            except ConnectionLost:
                if attempt == attempts - 1:
                    raise
                self.clock.sleep(0.1 * 2**attempt)
            else:
                self._closed = False
                return

    def close(self) -> None:
        """Stop the reader and close the port; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._stop.set()
        self._wake_send.close()  # ends the reader's select at once
        self._reader.join(timeout=2.0)
        self._wake_receive.close()
        behind = getattr(self._port, "_socket", None)
        self._port.close()
        if isinstance(behind, socket.socket):
            behind.close()  # pyserial forgets to when the peer has reset it
        with suppress(ConnectionLost):  # a twin that has gone fences nothing any more
            self.clock.detach(self)

    def _open(self) -> None:
        try:
            self._port: Any = _opened(self.url, self.baud)
        except (serial.SerialException, OSError, ValueError) as error:
            raise ConnectionLost(self._message(str(error))) from error
        try:
            self._descriptor: int | None = self._port.fileno()
        except (AttributeError, OSError, ValueError):  # loop://, COM ports
            self._descriptor = None
            self._port.timeout = POLL_SECONDS
        self._pending = bytearray()
        self._arrival = threading.Condition()
        self._sent = self._received = 0
        self._lost: str | None = None
        self._stop = threading.Event()
        self._wake_receive, self._wake_send = socket.socketpair()
        try:
            self.clock.attach(self)
        except ConnectionLost:
            self._port.close()
            self._wake_receive.close()
            self._wake_send.close()
            raise
        self._reader = threading.Thread(target=self._read, name=f"reader {self.url}", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            try:
                data = self._next_chunk()
            except (serial.SerialException, OSError, TypeError, ValueError) as error:
                # pyserial answers a port closed under its feet with a TypeError
                if not self._stop.is_set():
                    self._fail(str(error))
                return
            if not data:
                continue
            self.transcript.append(Traffic(time.time(), "received", data))
            with self._arrival:
                self._pending += data
                self._received += len(data)
                self._arrival.notify_all()
            self.clock.data_arrived()

    def _next_chunk(self) -> bytes:
        if self._descriptor is None:
            return self._port.read(self._port.in_waiting or 1)
        ready, _, _ = select.select([self._descriptor, self._wake_receive], [], [])
        return self._port.read(65536) if self._descriptor in ready else b""

    def _fail(self, reason: str) -> None:
        with self._arrival:
            self._lost = reason
            self._arrival.notify_all()
        self.clock.data_arrived()

    def _message(self, reason: str) -> str:
        if "exclusively lock" in reason or "Access is denied" in reason:
            return f"{self.role} port {self.url}: in use by another program; close it there"
        return f"{self.role} port {self.url}: {' '.join(reason.split())}; check the cable and the address"


def _opened(url: str, baud: int) -> Any:
    """Open a port without losing what the far end of a `socket://` says at once.

    pyserial empties the input of whatever it opens. A new connection holds nothing stale: what is there has been said
    to us. A device file may hold what nobody read before, and is emptied.
    """
    port: Any = cast("Any", serial).serial_for_url(
        url, baud, do_not_open=True, timeout=0, write_timeout=WRITE_SECONDS, exclusive=True
    )
    if url.lower().startswith("socket://"):
        port.reset_input_buffer = _keep
        port.open()
        del port.reset_input_buffer
    else:
        port.open()
    return port


def _keep() -> None:
    """Instead of emptying an input."""
