"""Message exchange: conversations, the one parser they share, replies that come later.

One parser serves all conversations in order of arrival; a command that takes bench time (`Later`) holds it.
Source: IEEE 488.2-1992, chapter 6. Unverified (?): after a unit with an error the rest of the message is
still executed, so that `command;:SYST:ERR?` always gets its answer.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from rig.twin.instruments.parameters import ScpiError
from rig.twin.instruments.scpi import CommandTree, Unit, commands_of, parse_message
from rig.twin.instruments.terminals import Send
from rig.twin.kernel import Kernel

Reply = str | bytes | None

_LONGEST_MESSAGE = 65536


class Later:
    """A result that comes when bench time has passed."""

    def __init__(self) -> None:
        self._reply: Reply = None
        self._done = False
        self._callback: Callable[[Reply], None] | None = None

    def finish(self, reply: Reply = None) -> None:
        """Give the result; only the first one counts."""
        if self._done:
            return
        self._done, self._reply = True, reply
        if self._callback is not None:
            self._callback(reply)

    def then(self, callback: Callable[[Reply], None]) -> None:
        """Call back with the result, at once if it is there."""
        if self._done:
            callback(self._reply)
        else:
            self._callback = callback


@dataclass(eq=False)
class _Message:
    """A program message on its way through the parser."""

    session: "Session"
    units: deque[Unit]
    expects_reply: bool
    replies: list[str | bytes] = field(default_factory=list[str | bytes])
    waits: bool = False


class Session:
    """One conversation. With `message_based` (VXI-11, HiSLIP) replies wait until they are read."""

    def __init__(self, instrument: "MessageExchange", send: Send, *, message_based: bool) -> None:
        self._instrument = instrument
        self._send = send
        self._message_based = message_based
        self._input = bytearray()
        self._output: bytes | None = None
        self._open = True

    def receive(self, data: bytes) -> None:
        """Take bytes; each newline ends a program message."""
        if not self._open:
            return
        self._input += data
        while (end := self._input.find(b"\n")) >= 0:
            line = bytes(self._input[:end])
            del self._input[: end + 1]
            if self._output is not None:
                self._output = None
                self._instrument.post(-410)
            self._instrument.take_message(self, line.rstrip(b"\r").decode("latin-1"))
        if len(self._input) > _LONGEST_MESSAGE:
            self._input.clear()
            self._instrument.post(-363)

    @property
    def owes_reply(self) -> bool:
        """Whether a query of this conversation is still to be answered."""
        return self._open and self._instrument.owes(self)

    def deliver(self, reply: bytes) -> None:
        """Send a response message, or keep it until it is read."""
        if not self._open:
            return
        if self._message_based:
            self._output = reply
        else:
            self._send(reply)

    def read(self) -> bytes | None:
        """Take the waiting response of a message-based link; to read without a query is error -420."""
        reply, self._output = self._output, None
        if reply is None and not self.owes_reply:
            self._instrument.post(-420)
        return reply

    def close(self) -> None:
        """Forget everything of this conversation; a wait of its own no longer holds the parser."""
        self._open = False
        self._instrument.forget(self)


class MessageExchange(ABC):
    """An instrument's side of its conversations; its class declares commands with `@command`."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.commands = CommandTree(commands_of(self))
        self._messages: deque[_Message] = deque()
        self._current: _Message | None = None
        self._running = False

    @abstractmethod
    def post(self, number: int, text: str | None = None) -> None:
        """Queue an event."""

    def connect(self, send: Send, *, message_based: bool = False) -> Session:
        """Open a conversation."""
        return Session(self, send, message_based=message_based)

    def drop_messages(self) -> None:
        """Forget all messages, as a loss of power does."""
        self._messages.clear()
        self._current = None

    @property
    def has_output(self) -> bool:
        """Whether replies of the present message wait for its end (message available)."""
        return self._current is not None and bool(self._current.replies)

    def take_message(self, session: Session, text: str) -> None:
        """Queue a program message and let the parser go on."""
        units = parse_message(text, self.commands)
        self._messages.append(_Message(session, deque(units), any(unit.is_query for unit in units)))
        self._run()

    def owes(self, session: Session) -> bool:
        """Whether a message of a conversation is in the parser or waiting and will be answered."""
        messages = self._messages if self._current is None else (self._current, *self._messages)
        return any(message.session is session and message.expects_reply for message in messages)

    def forget(self, session: Session) -> None:
        """Drop the messages of a conversation that ended."""
        self._messages = deque(message for message in self._messages if message.session is not session)
        if self._current is not None and self._current.session is session:
            self._current = None
            self._run()

    def _run(self) -> None:
        """Execute until a unit takes time or nothing is left."""
        if self._running:
            return
        self._running = True
        try:
            while self._current is not None or self._messages:
                if self._current is None:
                    self._current = self._messages.popleft()
                elif self._current.waits or self._blocked(self._current):
                    return
        finally:
            self._running = False

    def _blocked(self, message: _Message) -> bool:
        """Execute one message as far as it goes; whether it now waits."""
        while message.units:
            waiting = self._execute(message, message.units[0])
            if waiting is None:
                continue
            message.waits = True
            waiting.then(lambda reply: self._resume(message, reply))
            if message.waits:
                return True
        if message.replies and self._current is message:
            message.session.deliver(b";".join(map(_encode, message.replies)) + b"\n")
        if self._current is message:
            self._current = None
        return False

    def _execute(self, message: _Message, unit: Unit) -> Later | None:
        try:
            result = unit.execute()
        except ScpiError as error:
            self.post(error.number, error.text)
            result = None
        if isinstance(result, Later):
            return result
        message.units.popleft()
        if isinstance(result, str | bytes):
            message.replies.append(result)
        return None

    def _resume(self, message: _Message, reply: Reply) -> None:
        """Go on after a waiting unit."""
        message.waits = False
        message.units.popleft()
        if reply is not None:
            message.replies.append(reply)
        if self._current is message:
            self._run()


def _encode(reply: str | bytes) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode("ascii", "replace")
